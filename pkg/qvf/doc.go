// Package qvf reads and writes QVF files, the app files of Qlik Cloud and Qlik Sense.
//
// Qlik publishes no specification. What follows is the format as observed in published apps
// (engines 12.387 of 2019 to 12.2741 of 2026); every "source: observed" in this package means this text.
//
// # Container
//
// All integers are little endian. The file is cut in pages of 0x200 bytes; page 0 holds the magic
// FF FF 01 00 C1 06 00 00, the page size (u32 at 0x0C), and where the root stream is (u64 at 0x40).
// A stream has a header page:
//
//	0x00 u64 used bytes   0x08 u64 allocated bytes   0x10 16 bytes of filler
//	0x20 u64 offset and u64 length of its extent list
//
// An extent list holds pairs (u64 offset, u64 length) and ends at length 0 or where its own length ends.
// A pair whose length has the top bit set is a list again, so lists form a tree. The runs, concatenated
// and cut to the used bytes, are the stream.
//
// # Directory
//
// The root stream is a directory of 64-byte lines. Kind (u32) 3 begins a file and 7 a sub-directory,
// followed by the number of continuation lines (u32) and 56 bytes of body; a continuation line is
// u32 1 and 60 bytes of body; kind 0 is an unused line. The body is: f64 OLE date, u64 offset of the
// stream header, u64 0x200, u32 length and name, u32 length and JSON ending in NUL. That JSON has the
// entry's type, and in base64 the SecurityMeta: title, owner, published, approved, dates.
//
// # Entries
//
// An entry is plain bytes or a record: u32 20, {"format":"gzjson"} or {"format":"binary"} and NUL,
// u32 raw length, u32 zlib length, zlib stream. JSON ends in NUL. Images lie in the sub-directory media,
// data (tables and fields) in the sub-directory data.
//
// # Trust
//
// A QVF is foreign bytes. Every page may be used once, so runs cannot overlap, lists cannot loop and no
// more can be read than the file holds; what is allocated is counted against [Options.MaxDecoded].
package qvf
