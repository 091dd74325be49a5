package estate

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	cueerrors "cuelang.org/go/cue/errors"

	"github.com/qdeploy/qdeploy/schema"
)

// lengths is how CUE says that a list is not as long as another that it must be.
const lengths = "incompatible list lengths"

// says reports whether one of the errors begins with these words.
func (c *complaint) says(words string) bool {
	for _, e := range c.errs {
		if format, _ := e.Msg(); strings.HasPrefix(format, words) {
			return true
		}
	}
	return false
}

// emptyList reports whether a list is empty that may not be.
func (c *complaint) emptyList() bool {
	return c.field.Filled && slices.ContainsFunc(c.errs, func(e cueerrors.Error) bool {
		format, args := e.Msg()
		return strings.HasPrefix(format, lengths) && slices.Contains(args, any(0))
	})
}

// twoLists explains a list that two places give different lengths. CUE does not say where
// the other is: a template, if one has it.
func (x *explainer) twoLists(p *Problem, c *complaint) {
	p.shape, p.Hint = c.name()+" has two values", ""
	p.Message = p.shape
	for _, e := range c.errs {
		if format, args := e.Msg(); strings.HasPrefix(format, lengths) {
			p.Message = fmt.Sprintf("%s, of %v and of %v entries", p.shape, args[0], args[1])
		}
	}
	if x.asks == nil {
		return
	}
	if other := x.asks(c.path); other != "" && other != p.Pos {
		p.Hint = "the other is at " + other
	}
}

// hidden reports whether the value may be a secret.
func (c *complaint) hidden() bool {
	return len(c.path) > 0 && (c.path[0] == "regions" || c.path[0] == "organization") || last(c.path) == "env"
}

// withoutEchoes leaves out that a list differs in length from the one that it is by
// default, where what is wrong is in it.
func withoutEchoes(list []*complaint) []*complaint {
	return slices.DeleteFunc(list, func(c *complaint) bool {
		return c.says(lengths) && slices.ContainsFunc(list, func(in *complaint) bool {
			return len(in.path) > len(c.path) && slices.Equal(in.path[:len(c.path)], c.path)
		})
	})
}

// wrongValue explains a value of the right type that no rule allows.
func wrongValue(p *Problem, c *complaint, hide bool) {
	const noDate = "time.Format"
	var musts []string
	value := ""
	for _, e := range c.errs {
		format, args := e.Msg()
		if !strings.HasPrefix(format, "invalid value") || len(args) < 2 {
			continue
		}
		value = fmt.Sprint(args[0])
		bound := fmt.Sprint(args[1])
		if must := inWords(bound); !slices.Contains(musts, must) && !strings.HasPrefix(bound, noDate) {
			musts = append(musts, must)
		}
	}
	if musts == nil { // it looks like a date
		musts = []string{"be a date and a time that exist"}
	}
	must := " must " + strings.Join(musts, ", or ")
	p.shape = c.name() + must
	p.Message = p.shape
	if _, text := quoted(value); !hide && value != `""` && !strings.HasSuffix(must, " not be "+value) && (text || isNumber(value)) {
		p.Message = fmt.Sprintf("%s is %s and%s", c.name(), short(value), must)
	}
}

// bounds are how CUE writes what a value must satisfy, and how people say it.
var bounds = []struct {
	cue   *regexp.Regexp
	words string
}{
	{regexp.MustCompile(`^>=(.*)$`), "be at least $1"},
	{regexp.MustCompile(`^<=(.*)$`), "be at most $1"},
	{regexp.MustCompile(`^>(.*)$`), "be more than $1"},
	{regexp.MustCompile(`^<(.*)$`), "be less than $1"},
	{regexp.MustCompile(`^!=(.*)$`), "not be $1"},
	{regexp.MustCompile(`^!~(.*)$`), "not match $1"},
	{regexp.MustCompile(`^=~(.*)$`), "match $1"},
	{regexp.MustCompile(`^math\.MultipleOf\((.*)\)$`), "be a multiple of $1"},
	{regexp.MustCompile(`^list\.MaxItems\((.*)\)$`), "have at most $1 entries"},
	{regexp.MustCompile(`^list\.MinItems\((.*)\)$`), "have at least $1 entries"},
	{regexp.MustCompile(`^strings\.MaxRunes\((.*)\)$`), "have at most $1 characters"},
	{regexp.MustCompile(`^strings\.MinRunes\((.*)\)$`), "have at least $1 characters"},
	{regexp.MustCompile(`^struct\.MinFields\(1\)$`), "have at least one field"},
}

// inWords says what a value must do: "be at most 50".
func inWords(bound string) string {
	if pattern, ok := strings.CutPrefix(bound, "=~"); ok {
		if text, ok := quoted(pattern); ok && schema.Form(text) != "" {
			return schema.Form(text)
		}
	}
	for _, b := range bounds {
		if b.cue.MatchString(bound) {
			return b.cue.ReplaceAllString(bound, b.words)
		}
	}
	return "be " + bound
}
