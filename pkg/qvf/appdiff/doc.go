// Package appdiff says what a reviewer wants to know of two revisions of a Qlik app: which script lines,
// expressions, sheets, charts and images differ.
//
// [Diff] compares what [qvf.Digest] covers, so two apps with one digest have no differences; what lies
// outside (data, owners, what the last reload made) becomes [Note]s. Items match by their id, variables and
// images by name, objects inside a sheet by their id wherever they stand in it.
//
// # Layout
//
// Layout is where things stand, not what they show: in a sheet's cells col, row, colspan, rowspan and
// bounds; in the objects of a layout container bounds; the position of an item on a story's slide; the
// order of cells and of children; and of the sheet or story itself rank, rows, columns, height,
// gridResolution, gridMode, customRowBase and layoutOptions. It is one [Layout] for each root object.
//
// # Trust
//
// Apps are foreign bytes. The line diff has a budget of steps for the whole comparison, beyond which a text
// is "too different"; paths of properties have one too. Text and Markdown show no control or bidirectional
// characters, and in Markdown whatever comes from an app stands in code.
package appdiff
