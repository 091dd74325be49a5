// Package lint says what a Qlik app needs and what is wrong with it, from the app alone: [FactsOf] says what is
// so, [Check] what should not be so.
//
// # The load script
//
// The script is read by a lexer, not by patterns over raw text: it knows comments (//, /* */, REM), quotes
// ('…', "…", […], `…`), inline tables, $(…) and the text of TRACE. A quotation ends on its line unless it is
// an inline table; one that does not is taken for a stray quote, so that it hides nothing that follows. A
// variable that the script sets once, to a text, is put in its place; one that it sets twice or computes is
// unknown.
//
// # Trust
//
// An app is foreign bytes. Whatever comes from one stands in quotation marks in a message, so that it is on
// one line and cannot pass for something else. A secret that was found is never repeated.
//
// It is a package of the qdeploy program, not a stable API.
package lint
