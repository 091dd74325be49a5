package qlik

// https://qlik.dev/apis/rest/themes
var _ = register(archives("theme", "/api/v1/themes"))
