package qlik

// A tag is what Qlik calls a collection of type public. Its name is unique.
var _ = register(collections("tag", "public"))
