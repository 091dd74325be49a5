package main

import "regexp"

// goTexts are what Go says of values that flags cannot take, and what people are told.
var goTexts = []struct {
	said  *regexp.Regexp
	words string
}{
	{regexp.MustCompile(`strconv\.\w+: parsing ".*": value out of range$`), "it is too large"},
	{regexp.MustCompile(`strconv\.(ParseInt|ParseUint|Atoi): parsing ".*": invalid syntax$`), "it is a whole number"},
	{regexp.MustCompile(`strconv\.ParseFloat: parsing ".*": invalid syntax$`), "it is a number"},
	{regexp.MustCompile(`strconv\.ParseBool: parsing ".*": invalid syntax$`), "it is true or false"},
	{regexp.MustCompile(`time: (invalid duration|unknown unit|missing unit) .*$`), "it is a length of time, such as 90s, 10m or 2h"},
}

// flagText says what is wrong with a flag.
func flagText(err error) string {
	text := err.Error()
	for _, t := range goTexts {
		text = t.said.ReplaceAllString(text, t.words)
	}
	return text
}
