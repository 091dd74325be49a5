package qliktest

import (
	"fmt"
	"strings"
)

// Findings are what evaluations find of an app.
type Findings struct {
	SizeMiB        float64 // the app in memory
	OpenSeconds    float64 // to open it
	SingleThreaded int     // objects that use one processor only
	OverMemory     int     // objects that need more memory than they may have
	Errors         int     // events of severity "error"
	Warnings       int     // events of severity "warning"
	Fails          bool    // the evaluation does not finish
}

// findings are what evaluations find of an app as it is: what [Tenant.Weigh] said, or
// what follows from its file.
//
// assumed: an app takes as much memory as its file is long, and a tenth of a second
// and one more for every 100 MiB to open.
func (c *Cloud) findings(a *app) Findings {
	if a.Weight != nil {
		return *a.Weight
	}
	var f Findings
	if b := c.blobs.get(a.Content); b != nil {
		f.SizeMiB = float64(len(b.Data)) / (1 << 20)
	}
	f.OpenSeconds = 0.1 + f.SizeMiB/100
	return f
}

// Weigh says what evaluations find of an app from now on, until it has another
// content.
func (t *Tenant) Weigh(spaceName, name string, f Findings) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.settleEvaluations(t.cloud.now())
	for _, a := range t.Apps.rows {
		if s, found := t.Spaces.get(a.Space); found && s.Name == spaceName && a.Name == name {
			a.Weight = &f
			return
		}
	}
	panic("qliktest: no app " + spaceName + "/" + name)
}

type evaluationView struct {
	ID        string             `json:"id"`
	AppID     string             `json:"appId"`
	AppName   string             `json:"appName"`
	TenantID  string             `json:"tenantId"`
	Status    string             `json:"status"`
	Timestamp stamp              `json:"timestamp"`
	Started   string             `json:"started,omitempty"`
	Ended     string             `json:"ended,omitempty"`
	Version   int                `json:"version"`
	Events    []evaluationEvent  `json:"events"`
	Result    evaluationResult   `json:"result"`
	Details   *evaluationDetails `json:"details,omitempty"`
}

type evaluationEvent struct {
	Severity  string `json:"severity"`
	ErrorCode string `json:"errorCode"`
	Message   string `json:"message"`
	ObjectID  string `json:"objectId"`
}

type evaluationResult struct {
	DocumentSizeMiB   float64         `json:"documentSizeMiB"`
	HasSectionAccess  bool            `json:"hasSectionAccess"`
	ObjSingleThreaded []measuredThing `json:"objSingleThreaded"`
	ObjMemoryLimit    []limitedThing  `json:"objMemoryLimit"`
	OpenApp           *openedApp      `json:"openApp,omitempty"`
}

type measuredThing struct {
	ID           string    `json:"id"`
	ObjectType   string    `json:"objectType"`
	CPUQuotients []float64 `json:"cpuQuotients"`
}

type limitedThing struct {
	ID         string `json:"id"`
	ObjectType string `json:"objectType"`
	Code       string `json:"memoryLimitStatusCode"`
}

type openedApp struct {
	Steps []struct{} `json:"steps"`
	Total float64    `json:"totalDurationMilliseconds"`
}

type evaluationDetails struct {
	Errors        []string            `json:"errors"`
	Warnings      []string            `json:"warnings"`
	ObjectMetrics map[string]struct{} `json:"objectMetrics"`
}

// viewEvaluation shows an evaluation, with details if all=true asks for them.
//
// assumed: until it has ended the result is there and empty, without openApp.
func (c *call) viewEvaluation(e *evaluation) evaluationView {
	v := evaluationView{
		ID: e.ID, AppID: e.App, AppName: e.Name, TenantID: c.tenant.ID, Status: e.Status, Timestamp: e.Asked,
		Started: e.Started.String(), Ended: e.Ended.String(), Version: 1, Events: []evaluationEvent{},
		Result: evaluationResult{ObjSingleThreaded: []measuredThing{}, ObjMemoryLimit: []limitedThing{}},
	}
	if c.query.Get("all") == "true" {
		v.Details = &evaluationDetails{Errors: []string{}, Warnings: []string{}, ObjectMetrics: map[string]struct{}{}}
	}
	if e.Status != evaluationFinished {
		return v
	}
	v.Result.DocumentSizeMiB = e.Found.SizeMiB
	v.Result.OpenApp = &openedApp{[]struct{}{}, e.Found.OpenSeconds * 1000}
	for i := range e.Found.SingleThreaded {
		v.Result.ObjSingleThreaded = append(v.Result.ObjSingleThreaded, measuredThing{thing("single", i), "table", []float64{1}})
	}
	for i := range e.Found.OverMemory {
		v.Result.ObjMemoryLimit = append(v.Result.ObjMemoryLimit, limitedThing{thing("large", i), "table", "OUT-OF-MEMORY"})
	}
	v.event("error", e.Found.Errors)
	v.event("warning", e.Found.Warnings)
	return v
}

// event adds events of a severity. The types have no list of severities; "warning" is
// seen in answers of Qlik's.
//
// assumed: the other is "error".
func (v *evaluationView) event(severity string, n int) {
	for i := range n {
		v.Events = append(v.Events, evaluationEvent{severity, strings.ToUpper("ERR-" + severity), "an object has trouble", thing(severity, i)})
	}
}

func thing(what string, i int) string { return fmt.Sprintf("%s-%d", what, i+1) }
