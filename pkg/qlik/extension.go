package qlik

// https://qlik.dev/apis/rest/extensions
var _ = register(archives("extension", "/api/v1/extensions"))
