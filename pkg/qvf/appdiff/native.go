package appdiff

import "github.com/qdeploy/qdeploy/pkg/qvf"

// structural are types of objects inside others that show nothing by themselves.
var structural = map[string]bool{
	"": true, "childObject": true, "slide": true, "slideitem": true, "snapshot": true, "embeddedsnapshot": true,
	"odag-toolbar-navpoint": true,
}

// Native says whether no tenant needs an extension for a visualisation: it is Qlik's own ([qvf.Native]), or
// no visualisation at all, such as a slide.
func Native(visualization string) bool {
	return qvf.Native(visualization) || structural[visualization]
}
