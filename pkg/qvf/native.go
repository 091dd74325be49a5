package qvf

import "strings"

// native are the visualisations that every tenant of Qlik Cloud has, by the name that an object's
// "visualization" says, and what people call them. No list of Qlik's covers all of them, so each stands under
// what it was taken from. What is missing here is taken for an extension: a warning too many, never one too
// few.
var native = map[string]string{
	// The table of native charts at https://qlik.dev/embed/foundational-knowledge/visualizations, and the types
	// that the Visualization API creates (https://help.qlik.com/en-US/sense-developer, "create method").
	"action-button": "button", "barchart": "bar chart", "boxplot": "box plot", "bulletchart": "bullet chart",
	"combochart": "combo chart", "container": "container", "distributionplot": "distribution plot",
	"filterpane": "filter pane", "gauge": "gauge", "histogram": "histogram", "kpi": "KPI",
	"linechart": "line chart", "listbox": "list box", "map": "map", "mekkochart": "Mekko chart",
	"piechart": "pie chart", "pivot-table": "pivot table", "scatterplot": "scatter plot", "table": "table",
	"text-image": "text and image", "treemap": "treemap", "waterfallchart": "waterfall chart",

	// Types that Qlik's own load tester knows, those of the bundles among them:
	// https://github.com/qlik-oss/gopherciser/blob/main/senseobjdef/defaultdefinitions.go
	"odag-toolbar-navpoint": "app navigation point", "qlik-animator": "animator",
	"qlik-barplus-chart": "bar & area chart", "qlik-bullet-chart": "bullet chart",
	"qlik-date-picker": "date picker", "qlik-funnel-chart-ext": "funnel chart", "qlik-heatmap-chart": "heatmap",
	"qlik-multi-kpi": "multi KPI", "qlik-network-chart": "network chart", "qlik-radar-chart": "radar chart",
	"qlik-sankey-chart-ext": "Sankey chart", "qlik-share-button": "share button",
	"qlik-variable-input": "variable input", "qlik-word-cloud": "word cloud", "sn-org-chart": "org chart",

	// The dashboard and visualization bundles as https://help.qlik.com/en-US/cloud-services describes them, with
	// the names under which their sources and Qlik's packages (@nebula.js/…) are published.
	"qlik-button-for-navigation": "navigation button", "qlik-on-demand-reporting": "on-demand reporting",
	"qlik-show-hide-container": "show/hide container", "qlik-smart-pivot": "P&L pivot",
	"qlik-tabbed-container": "tab container", "qlik-trellis-container": "trellis container",
	"qlik-variance-waterfall": "variance waterfall", "qlik-venn-diagram": "Venn diagram",
	"sn-analysis-autochart": "auto-chart", "sn-animator": "animator", "sn-calendar": "calendar",
	"sn-filter-pane": "filter pane", "sn-grid-chart": "grid chart", "sn-listbox": "list box",
	"sn-network-chart": "network chart", "sn-nlg-chart": "NL insights", "sn-shape": "shape", "sn-slider": "slider",
	"sn-video-player": "video player", "sn-word-cloud": "word cloud",

	// Observed in apps that Qlik published, engines 12.387 to 12.2741.
	"auto-chart": "auto-chart", "sn-layout-container": "layout container", "sn-nav-menu": "navigation menu",
	"sn-pivot-table": "pivot table", "sn-table": "table", "sn-tabbed-container": "tab container", "sn-text": "text",
}

// nativeThemes are the themes of every tenant: Sense Classic, Sense Focus, Sense Breeze, Qlik Horizon and Sense
// Card. Source: https://qlik.dev/extend/create-custom-themes for the titles; of the names, sense and horizon
// are observed, and the others are those of the titles.
var nativeThemes = map[string]bool{"sense": true, "classic": true, "focus": true, "breeze": true, "horizon": true, "card": true}

// Native says whether a visualisation comes with Qlik Cloud, rather than with an extension.
func Native(visualization string) bool { return native[strings.ToLower(visualization)] != "" }

// VisualizationTitle is what people call a visualisation that is [Native]; empty for others.
func VisualizationTitle(visualization string) string { return native[strings.ToLower(visualization)] }

// NativeTheme says whether a theme comes with Qlik Cloud. Without a name it is Qlik's default.
func NativeTheme(name string) bool { return name == "" || nativeThemes[strings.ToLower(name)] }
