package metadata

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// The key prefixes of jobs and of components that are no records. That of
// components is made up: every type has its own, and few are public.
const (
	deployIDs    = "0Af"
	retrieveIDs  = "09S"
	componentIDs = "0XC"
)

// timeForm is how the API writes times.
const timeForm = "2006-01-02T15:04:05.000Z"

// deployOptions are those that matter here.
type deployOptions struct {
	CheckOnly     bool
	TestLevel     string
	SinglePackage bool
}

// deployResult is the API's DeployResult (salesforce-package 3).
type deployResult struct {
	CheckOnly        bool          `json:"checkOnly" xml:"checkOnly"`
	CompletedDate    string        `json:"completedDate" xml:"completedDate"`
	CreatedBy        string        `json:"createdBy" xml:"createdBy"`
	CreatedByName    string        `json:"createdByName" xml:"createdByName"`
	CreatedDate      string        `json:"createdDate" xml:"createdDate"`
	Details          *deployDetail `json:"details,omitempty" xml:"details,omitempty"`
	Done             bool          `json:"done" xml:"done"`
	ErrorMessage     string        `json:"errorMessage,omitempty" xml:"errorMessage,omitempty"`
	ErrorStatusCode  string        `json:"errorStatusCode,omitempty" xml:"errorStatusCode,omitempty"`
	ID               string        `json:"id" xml:"id"`
	IgnoreWarnings   bool          `json:"ignoreWarnings" xml:"ignoreWarnings"`
	LastModifiedDate string        `json:"lastModifiedDate" xml:"lastModifiedDate"`
	Errors           int           `json:"numberComponentErrors" xml:"numberComponentErrors"`
	Deployed         int           `json:"numberComponentsDeployed" xml:"numberComponentsDeployed"`
	Total            int           `json:"numberComponentsTotal" xml:"numberComponentsTotal"`
	TestErrors       int           `json:"numberTestErrors" xml:"numberTestErrors"`
	TestsCompleted   int           `json:"numberTestsCompleted" xml:"numberTestsCompleted"`
	TestsTotal       int           `json:"numberTestsTotal" xml:"numberTestsTotal"`
	RollbackOnError  bool          `json:"rollbackOnError" xml:"rollbackOnError"`
	RunTests         bool          `json:"runTestsEnabled" xml:"runTestsEnabled"`
	StartDate        string        `json:"startDate" xml:"startDate"`
	Status           string        `json:"status" xml:"status"`
	Success          bool          `json:"success" xml:"success"`
}

// deployDetail lists what became of each component.
type deployDetail struct {
	Failures  []deployMessage `json:"componentFailures" xml:"componentFailures"`
	Successes []deployMessage `json:"componentSuccesses" xml:"componentSuccesses"`
	Tests     runTests        `json:"runTestResult" xml:"runTestResult"`
}

// runTests says that no test was run.
type runTests struct {
	Failures int     `json:"numFailures" xml:"numFailures"`
	Run      int     `json:"numTestsRun" xml:"numTestsRun"`
	Time     float64 `json:"totalTime" xml:"totalTime"`
}

// deployMessage is what became of one component.
type deployMessage struct {
	Changed       bool   `json:"changed" xml:"changed"`
	Column        int    `json:"columnNumber,omitempty" xml:"columnNumber,omitempty"`
	ComponentType string `json:"componentType" xml:"componentType"`
	Created       bool   `json:"created" xml:"created"`
	CreatedDate   string `json:"createdDate" xml:"createdDate"`
	Deleted       bool   `json:"deleted" xml:"deleted"`
	FileName      string `json:"fileName" xml:"fileName"`
	FullName      string `json:"fullName" xml:"fullName"`
	ID            string `json:"id,omitempty" xml:"id,omitempty"`
	Line          int    `json:"lineNumber,omitempty" xml:"lineNumber,omitempty"`
	Problem       string `json:"problem,omitempty" xml:"problem,omitempty"`
	ProblemType   string `json:"problemType,omitempty" xml:"problemType,omitempty"`
	Success       bool   `json:"success" xml:"success"`
}

// deployment is one deploy while it is carried out.
type deployment struct {
	s     *Service
	user  User
	at    time.Time
	batch *Batch
	// verdicts in the order of the manifest.
	verdicts []verdict
}

// verdict is what is known of one component.
type verdict struct {
	*Component
	problem *Problem
	id      string
}

// deploy carries a deploy out and returns its id.
func (s *Service) deploy(user User, archive []byte, o deployOptions) string {
	s.deploying.Lock()
	defer s.deploying.Unlock()
	s.mu.Lock()
	d := &deployment{s: s, user: user, at: s.o.Now().UTC(), batch: &Batch{Trial: o.CheckOnly, held: maps.Clone(s.held)}}
	s.mu.Unlock()

	failed := d.gather(archive)
	if failed == nil {
		d.apply()
	}
	return d.finish(o, failed)
}

// gather finds the components. What it returns fails the deploy as a whole.
func (d *deployment) gather(archive []byte) error {
	files, err := unpack(archive, archiveBounds)
	if err != nil {
		return err
	}
	named, err := d.s.types.manifest(files)
	if err != nil {
		return err
	}
	for _, n := range named {
		c, problem := n.kind.collect(files, n.name)
		if c == nil {
			c = &Component{Type: n.kind.name, Name: n.name, File: "package.xml"}
		}
		if problem == nil {
			problem = d.s.types.check(n.kind, c)
		}
		d.verdicts = append(d.verdicts, verdict{Component: c, problem: problem})
	}
	for _, file := range slices.Sorted(maps.Keys(files)) {
		// Guessed text; a real org refuses a file that the manifest does not name.
		c := &Component{File: file, Name: strings.TrimSuffix(file, "-meta.xml")}
		if folder, _, _ := strings.Cut(file, "/"); folder != "" {
			if k, ok := d.s.types.inFolder(folder); ok {
				c.Type = k.name
			}
		}
		d.verdicts = append(d.verdicts, verdict{Component: c, problem: Problemf("The file %s is not named in package.xml", clip(file))})
	}
	return nil
}

// apply hands the components that are well formed to the org. If others are
// not, it is a trial that finds the rest of the problems.
func (d *deployment) apply() {
	var sent []int
	for i, v := range d.verdicts {
		if v.problem != nil {
			d.batch.Trial = true
			continue
		}
		d.batch.Components = append(d.batch.Components, v.Component)
		sent = append(sent, i)
	}
	for n, outcome := range d.s.o.Apply(d.user, d.batch) {
		d.verdicts[sent[n]].problem, d.verdicts[sent[n]].id = outcome.Problem, outcome.ID
	}
}

// finish files the result and, if all is well, the components.
func (d *deployment) finish(o deployOptions, failed error) string {
	s, now := d.s, d.at.Format(timeForm)
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &deployResult{
		CheckOnly: o.CheckOnly, CompletedDate: now, CreatedBy: d.user.ID, CreatedByName: d.user.Name, CreatedDate: now, StartDate: now,
		LastModifiedDate: now, Done: true, ID: s.newID(deployIDs), RollbackOnError: true, Total: len(d.verdicts), Details: &deployDetail{
			Failures: []deployMessage{}, Successes: []deployMessage{},
		},
	}
	if failed != nil {
		r.Details.Failures = append(r.Details.Failures, deployMessage{CreatedDate: now, FileName: "package.xml", FullName: "package.xml",
			Problem: failed.Error(), ProblemType: "Error"})
		r.Errors = 1
	}
	for _, v := range d.verdicts {
		if v.problem != nil {
			r.Errors++
		}
	}
	for _, v := range d.verdicts {
		m := deployMessage{ComponentType: v.Type, CreatedDate: now, FileName: v.File, FullName: v.Name}
		if v.problem != nil {
			m.Problem, m.ProblemType, m.Line, m.Column = v.problem.Text, "Error", v.problem.Line, v.problem.Column
			r.Details.Failures = append(r.Details.Failures, m)
			continue
		}
		m.Success = true
		m.ID, m.Created, m.Changed = d.store(v, r.Errors == 0 && !o.CheckOnly)
		r.Details.Successes = append(r.Details.Successes, m)
	}
	if r.Errors > 0 {
		r.Status = "Failed"
	} else {
		r.Status, r.Success = "Succeeded", true
		r.Deployed = r.Total
		r.Details.Successes = append(r.Details.Successes, deployMessage{Changed: !o.CheckOnly, CreatedDate: now, FileName: "package.xml", FullName: "package.xml", Success: true})
	}
	s.keep(r.ID, r)
	s.o.Log.Debug("deployed", "id", r.ID, "status", r.Status, "components", r.Total, "errors", r.Errors, "trial", o.CheckOnly)
	return r.ID
}

// store files a component, if it is to stay, and tells whether it is a new one
// or differs from the one before.
func (d *deployment) store(v verdict, stay bool) (id string, created, changed bool) {
	s := d.s
	before := s.held[v.key()]
	created, changed = before == nil, before == nil || !before.same(v.Component)
	h := &held{Component: v.Component, id: v.id, created: d.at, changed: d.at, by: d.user, changedBy: d.user}
	if before != nil {
		h.id, h.created, h.by = before.id, before.created, before.by
		if !changed {
			h.changed, h.changedBy = before.changed, before.changedBy
		}
	}
	if !stay {
		return h.id, created, changed
	}
	if h.id == "" {
		h.id = s.newID(componentIDs)
	}
	s.held[v.key()] = h
	return h.id, created, changed
}
