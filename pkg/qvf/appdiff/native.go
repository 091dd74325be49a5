package appdiff

// native are the visualisations that every tenant has, and what a reader calls them. What is not here is
// taken for an extension that the tenant must have.
//
// Sources: qlik.dev "Supported charts" and Qlik's client (qlik-oss/nebula.js and gopherciser name the types
// they know) for the built-in ones; help.qlik.com "Visualization bundle" and "Dashboard bundle" with the
// types that gopherciser and stardust know for the bundles, which are part of Qlik Cloud; and observed in
// Qlik's own apps: sn-text, sn-layout-container, sn-nav-menu, qlik-multi-kpi and qlik-variable-input.
// sn-shape, sn-slider and sn-video-player are the names under which Qlik publishes them (@nebula.js/…).
var native = map[string]string{
	"action-button": "button", "auto-chart": "auto-chart", "barchart": "bar chart", "boxplot": "box plot",
	"bulletchart": "bullet chart", "combochart": "combo chart", "container": "container",
	"distributionplot": "distribution plot", "filterpane": "filter pane", "gauge": "gauge", "histogram": "histogram",
	"kpi": "KPI", "linechart": "line chart", "listbox": "list box", "map": "map", "mekkochart": "Mekko chart",
	"piechart": "pie chart", "pivot-table": "pivot table", "scatterplot": "scatter plot", "table": "table",
	"text-image": "text and image", "treemap": "treemap", "waterfallchart": "waterfall chart",

	"sn-analysis-autochart": "auto-chart", "sn-calendar": "calendar", "sn-filter-pane": "filter pane",
	"sn-grid-chart": "grid chart", "sn-layout-container": "layout container", "sn-listbox": "list box",
	"sn-nav-menu": "navigation menu", "sn-nlg-chart": "NL insights", "sn-org-chart": "org chart",
	"sn-pivot-table": "pivot table", "sn-shape": "shape", "sn-slider": "slider",
	"sn-tabbed-container": "tab container", "sn-table": "table", "sn-text": "text",
	"sn-video-player": "video player",

	"qlik-animator": "animator", "qlik-barplus-chart": "bar & area chart", "qlik-bullet-chart": "bullet chart",
	"qlik-button-for-navigation": "navigation button", "qlik-date-picker": "date picker",
	"qlik-funnel-chart-ext": "funnel chart", "qlik-heatmap-chart": "heatmap", "qlik-multi-kpi": "multi KPI",
	"qlik-network-chart": "network chart", "qlik-on-demand-reporting": "on-demand reporting",
	"qlik-radar-chart": "radar chart", "qlik-sankey-chart-ext": "Sankey chart", "qlik-share-button": "share button",
	"qlik-show-hide-container": "show/hide container", "qlik-smart-pivot": "P&L pivot",
	"qlik-tabbed-container": "tab container", "qlik-trellis-container": "trellis container",
	"qlik-variable-input": "variable input", "qlik-variance-waterfall": "variance waterfall",
	"qlik-word-cloud": "word cloud",
}

// structural are types of objects inside others that show nothing by themselves.
var structural = map[string]bool{
	"": true, "childObject": true, "slide": true, "slideitem": true, "snapshot": true, "embeddedsnapshot": true,
	"odag-toolbar-navpoint": true,
}

// Native says whether a visualisation is Qlik's own, so that no tenant needs an extension for it. What is
// not a visualisation, such as a slide, counts as native.
func Native(visualization string) bool {
	_, ok := native[visualization]
	return ok || structural[visualization]
}
