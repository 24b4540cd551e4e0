package mockorg

import (
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"sync/atomic"

	"omnibridge/salesforce/mockorg/metadata"
)

// What deployed metadata means. Package metadata has unpacked a deploy and
// checked the shape of its components; here they become records, channels of
// change events and apps that may log in, all in one transaction. Types that are
// not named here (pages, static resources, trusted sites) are only kept.
//
// Problems are worded as public deploy logs have them; where none is known the
// text is guessed, and only that there is a problem counts.

// deployers act on components, in the order in which types depend on one another.
var deployers = []struct {
	typ string
	act func(*deployer, *metadata.Component) (id string, err error)
}{
	{"Settings", (*deployer).settings},
	{"QueueRoutingConfig", (*deployer).routing},
	{"ServiceChannel", (*deployer).serviceChannel},
	{"ServicePresenceStatus", (*deployer).presenceStatus},
	{"PresenceDeclineReason", (*deployer).declineReason},
	{"PresenceUserConfig", (*deployer).presenceConfig},
	{"Queue", (*deployer).queue},
	{"ExternalClientApplication", (*deployer).app},
	{"CustomPermission", (*deployer).customPermission},
	{"PermissionSet", (*deployer).permissionSet},
	{"ExtlClntAppOauthSettings", (*deployer).appScopes},
	{"ExtlClntAppGlobalOauthSettings", (*deployer).appGlobal},
	{"ExtlClntAppOauthConfigurablePolicies", (*deployer).appPolicies},
	{"ExtlClntAppConfigurablePolicies", (*deployer).appSwitch},
	{"PlatformEventChannel", (*deployer).eventChannel},
	{"PlatformEventChannelMember", (*deployer).eventMember},
}

// setup is what an org knows of its setup beside records.
type setup struct {
	metadata *metadata.Service
	// secrets is "Allow access to OAuth consumer secrets via Metadata API".
	secrets atomic.Bool
}

// newMetadata makes the org's Metadata API.
func (o *Org) newMetadata() (*metadata.Service, error) {
	return metadata.New(metadata.Options{
		Now: o.clock.Now, NewID: makeID, Apply: o.deploy, Log: o.options.Log,
		Session: func(token string) (metadata.User, error) {
			session, err := o.identity.Check("Bearer " + token)
			if err != nil {
				return metadata.User{}, err
			}
			user, _ := o.person(session.Username)
			return metadata.User{ID: session.UserID, Name: strings.TrimSpace(user.FirstName + " " + user.LastName)}, nil
		},
	})
}

// Deployed returns the files of a component that was deployed through the
// Metadata API, by their names in an archive; nil when there is none. The
// contents must not be changed.
func (o *Org) Deployed(typ, name string) map[string][]byte {
	c := o.setup.metadata.Find(typ, name)
	if c == nil {
		return nil
	}
	return maps.Clone(c.Files)
}

// AllowSecretAccess is what a person does at Setup > External Client Apps >
// Settings: without it, which is how an org starts, the global OAuth settings of
// an External Client App cannot be deployed (salesforce-package 1.7).
func (o *Org) AllowSecretAccess(allowed bool) { o.setup.secrets.Store(allowed) }

// deployer carries one deploy out.
type deployer struct {
	o     *Org
	t     *tx
	batch *metadata.Batch
	// secrets is the setting as it will be.
	secrets bool
	// later is done once the records are there to stay.
	later []func() error
}

// errTrial takes back what a deploy did.
var errTrial = errors.New("taken back")

// deploy acts on a batch of components (see metadata.Options.Apply).
func (o *Org) deploy(user metadata.User, batch *metadata.Batch) []metadata.Outcome {
	outcomes := make([]metadata.Outcome, len(batch.Components))
	d := &deployer{o: o, batch: batch, secrets: o.setup.secrets.Load()}
	err := o.change(user.ID, func(t *tx) error {
		d.t = t
		if failed := d.each(outcomes); failed || batch.Trial {
			return errTrial
		}
		return nil
	})
	switch {
	case errors.Is(err, errTrial):
		return outcomes
	case err != nil:
		return fail(outcomes, err)
	}
	for _, fn := range d.later {
		if err := fn(); err != nil {
			return fail(outcomes, err)
		}
	}
	return outcomes
}

// each acts on every component; what one that fails did is undone.
func (d *deployer) each(outcomes []metadata.Outcome) (failed bool) {
	for _, deployer := range deployers {
		for i, c := range d.batch.Components {
			if c.Type != deployer.typ {
				continue
			}
			mark := d.t.savepoint()
			id, err := deployer.act(d, c)
			outcomes[i].ID = id
			if err != nil {
				d.t.rollback(mark)
				outcomes[i].Problem, failed = problemOf(err), true
			}
		}
	}
	return failed
}

// fail gives every component the same problem.
func fail(outcomes []metadata.Outcome, err error) []metadata.Outcome {
	for i := range outcomes {
		outcomes[i].Problem = problemOf(err)
	}
	return outcomes
}

func problemOf(err error) *metadata.Problem {
	if p, ok := errors.AsType[*metadata.Problem](err); ok {
		return p
	}
	if e, ok := errors.AsType[*APIError](err); ok {
		return metadata.Problemf("%s", e.Message)
	}
	return metadata.Problemf("An unexpected error occurred: %v", err)
}

// missing is the problem of a reference to something the org does not have.
func missing(field, typ, name string) error {
	return metadata.Problemf("In field: %s - no %s named %s found", field, typ, name)
}

// named finds a record by its developer name.
func (d *deployer) named(object, name string) (Row, bool) {
	field := "DeveloperName"
	switch object {
	case "PermissionSet":
		field = "Name"
	case "User":
		field = "Username"
	}
	for _, row := range d.t.where(object, field, name) {
		if object != "Group" || row.str("Type") == "Queue" {
			return row, true
		}
	}
	return nil, false
}

// refer returns the id of the record that an element names, "" if the element
// is absent.
func (d *deployer) refer(field, object, typ, name string) (string, error) {
	if name == "" {
		return "", nil
	}
	row, ok := d.named(object, name)
	if !ok {
		return "", missing(field, typ, name)
	}
	return row.ID(), nil
}

// upsert makes a record of a component, or brings the one of its name up to
// date.
func (d *deployer) upsert(object, name string, fields Row) (string, error) {
	if row, ok := d.named(object, name); ok {
		return row.ID(), d.t.set(row.ID(), fields)
	}
	fields = maps.Clone(fields)
	fields["DeveloperName"] = name
	return d.t.insert(object, fields)
}

// link makes the records of an object that belong to a parent just those with
// the given values: a queue's objects, a status's channels.
func (d *deployer) link(object, parentField, parent, valueField string, values []string) error {
	have := map[string]bool{}
	for _, row := range d.t.where(object, parentField, parent) {
		have[row.str(valueField)] = true
	}
	wanted := map[string]bool{}
	for _, value := range values {
		if wanted[value] {
			return metadata.Problemf("duplicate value found: %s has %s twice", object, value)
		}
		if wanted[value] = true; !have[value] {
			if _, err := d.t.insert(object, Row{parentField: parent, valueField: value}); err != nil {
				return err
			}
		}
	}
	for _, row := range d.t.where(object, parentField, parent) {
		if !wanted[row.str(valueField)] {
			if err := d.t.remove(row.ID()); err != nil {
				return err
			}
		}
	}
	return nil
}

// whole reads an element with a whole number; nil when it is absent.
func whole(c *metadata.Component, name string) (any, error) {
	text := c.Get(name)
	if text == "" {
		return nil, nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 0 {
		return nil, metadata.Problemf("%s: '%s' is no whole number of zero or more", name, text)
	}
	return n, nil
}

// decimal reads an element with a number; nil when it is absent.
func decimal(c *metadata.Component, name string) (any, error) {
	text := c.Get(name)
	if text == "" {
		return nil, nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n < 0 {
		return nil, metadata.Problemf("%s: '%s' is no number of zero or more", name, text)
	}
	return n, nil
}

// settings acts on the settings that mean something here.
func (d *deployer) settings(c *metadata.Component) (string, error) {
	switch c.Name {
	case "OmniChannel":
		if c.Get("enableOmniChannel") == "false" {
			return "", metadata.Problemf("Omni-Channel cannot be switched off in this org")
		}
	case "ExternalClientApp":
		if text := c.Get("enableConsumerSecretApiAccess"); text != "" {
			d.secrets = text == "true"
			d.later = append(d.later, func() error { d.o.AllowSecretAccess(d.secrets); return nil })
		}
	}
	return "", nil
}

// eventObject finds the object of a kind of change events.
func (s *schema) eventObject(event string) (*object, error) {
	for _, ob := range s.objects {
		if ob.changeEvent() == event {
			return ob, nil
		}
	}
	return nil, fmt.Errorf("there is no change event %s", event)
}
