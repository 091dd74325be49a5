package estatetest

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/qdeploy/qdeploy/pkg/qvf"
)

// SampleApps returns the apps of the sample estate by their file, seen from the
// estate's directory. They are small, and hold no data.
func SampleApps() map[string][]byte {
	return map[string][]byte{
		"apps/Shipments 1.0.0.qvf":     encode(shipments("1.0.0")),
		"apps/Shipments 1.1.0.qvf":     encode(shipments("1.1.0")),
		"apps/Freight Costs 1.0.0.qvf": encode(costs("1.0.0")),
		"apps/Freight Costs 2.0.0.qvf": encode(costs("2.0.0")),
	}
}

func encode(a *qvf.App) []byte {
	a.Saved = time.Date(2026, time.March, 2, 8, 0, 0, 0, time.UTC)
	b, err := qvf.Encode(a)
	if err != nil {
		panic(err) // the apps below are ours
	}
	return b
}

// shipments says what is on its way. Version 1.1.0 knows late ones.
func shipments(version string) *qvf.App {
	a := qvf.New("Shipments")
	script := []string{
		"///$tab Main",
		"SET DateFormat='YYYY-MM-DD';",
		"SET vFolder='lib://:Freight';",
		"",
		"///$tab Shipments",
		"Shipments:",
		"LOAD ShipmentID,",
		"     Container,",
		"     Departure,",
		"     Arrival,",
	}
	a.Dimensions = []qvf.Item{
		qvf.NewDimension("dim-container", "Container", "Container"),
		qvf.NewDimension("dim-arrival", "Arrival", "Arrival"),
	}
	a.Measures = []qvf.Item{
		qvf.NewMeasure("mea-count", "Shipments", "Count(DISTINCT ShipmentID)"),
	}
	charts := []qvf.Node{chart("obj-arrivals", "barchart", "Arrivals by day")}
	if version != "1.0.0" {
		script = append(script, "     Promised,", "     If(Arrival > Promised, 1, 0) AS Late,")
		a.Measures = append(a.Measures, qvf.NewMeasure("mea-late", "Late shipments", "Sum(Late)"))
		charts = append(charts, chart("obj-late", "kpi", "Late"))
	}
	script = append(script, "     Route", "FROM [$(vFolder)/shipments.qvd] (qvd);", "")
	a.Script = strings.Join(script, "\r\n")
	a.Variables = []qvf.Variable{qvf.NewVariable("var-days", "vDays", "30")}
	a.Objects = []qvf.Object{qvf.NewObject("sheet-overview", "sheet", "On its way", charts...)}
	return describe(a, "What is on its way, and when it arrives", version)
}

// costs says what routes cost. Version 2.0.0 tells fuel from fees.
func costs(version string) *qvf.App {
	a := qvf.New("Freight Costs")
	script := []string{
		"///$tab Main",
		"SET vFolder='lib://:Freight';",
		"",
		"///$tab Costs",
		"Costs:",
		"LOAD Route,",
	}
	total := "Sum(Cost)"
	a.Measures = []qvf.Item{}
	if version == "1.0.0" {
		script = append(script, "     Cost")
	} else {
		script = append(script, "     Fuel,", "     Fees,", "     Fuel + Fees AS Cost")
		total = "Sum(Fuel) + Sum(Fees)"
		a.Measures = append(a.Measures, qvf.NewMeasure("mea-fuel", "Fuel", "Sum(Fuel)"))
	}
	script = append(script, "FROM [$(vFolder)/costs.qvd] (qvd);", "")
	a.Script = strings.Join(script, "\r\n")
	a.Measures = append(a.Measures, qvf.NewMeasure("mea-cost", "Cost", total))
	a.Dimensions = []qvf.Item{qvf.NewDimension("dim-route", "Route", "Route")}
	a.Objects = []qvf.Object{
		qvf.NewObject("sheet-routes", "sheet", "Routes", chart("obj-map", "route-map", "Cost by route")),
	}
	return describe(a, "What a container costs on each route", version)
}

// describe puts the version where Qlik's convention wants it: into the
// description, in braces.
func describe(a *qvf.App, text, version string) *qvf.App {
	var properties map[string]any
	if err := json.Unmarshal(a.Properties, &properties); err != nil {
		panic(err) // qvf wrote them
	}
	properties["description"] = text + " {v" + version + "}"
	var err error
	if a.Properties, err = json.Marshal(properties); err != nil {
		panic(err)
	}
	return a
}

func chart(id, kind, title string) qvf.Node {
	properties, err := json.Marshal(map[string]any{
		"qInfo": map[string]string{"qId": id, "qType": kind}, "title": title, "visualization": kind,
	})
	if err != nil {
		panic(err) // it is made of strings
	}
	return qvf.Node{Properties: properties}
}
