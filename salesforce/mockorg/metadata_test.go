package mockorg_test

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"omnibridge/salesforce/mockorg"
)

const metadataNS = "http://soap.sforce.com/2006/04/metadata"

// component is one component's file in an archive, its type first.
type component struct{ typ, file, inner string }

// name is the component's, from its file.
func (c component) name() string {
	base := c.file[strings.LastIndexByte(c.file, '/')+1:]
	return base[:strings.IndexByte(base, '.')]
}

var failure = regexp.MustCompile(`(?s)<componentFailures>.*?<fullName>(.*?)</fullName>.*?<problem>(.*?)</problem>`)

// deploy deploys components by SOAP and lists the problems, as "Name: problem".
func (s *site) deploy(list ...component) (problems []string) {
	s.t.Helper()
	return s.deployWith("", list...)
}

// deployWith is deploy with options.
func (s *site) deployWith(options string, list ...component) (problems []string) {
	s.t.Helper()
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	write := func(file, text string) {
		f, err := w.Create(file)
		if err != nil {
			s.t.Fatal(err)
		}
		if _, err := io.WriteString(f, text); err != nil {
			s.t.Fatal(err)
		}
	}
	manifest := `<Package xmlns="` + metadataNS + `">`
	for _, c := range list {
		root := c.typ
		if root == "Settings" {
			root = c.name() + root
		}
		write(c.file, "<"+root+` xmlns="`+metadataNS+`">`+c.inner+"</"+root+">")
		manifest += "<types><members>" + c.name() + "</members><name>" + c.typ + "</name></types>"
	}
	write("package.xml", manifest+"<version>67.0</version></Package>")
	if err := w.Close(); err != nil {
		s.t.Fatal(err)
	}
	reply := s.soap("<deploy><ZipFile>" + base64.StdEncoding.EncodeToString(archive.Bytes()) + "</ZipFile><DeployOptions>" + options + "</DeployOptions></deploy>")
	id := regexp.MustCompile(`<id>(\w{18})</id>`).FindStringSubmatch(reply)
	if id == nil {
		s.t.Fatalf("deploy: %s", reply)
	}
	reply = s.soap("<checkDeployStatus><asyncProcessId>" + id[1] + "</asyncProcessId><includeDetails>true</includeDetails></checkDeployStatus>")
	for _, m := range failure.FindAllStringSubmatch(reply, -1) {
		problems = append(problems, m[1]+": "+strings.ReplaceAll(m[2], "&#39;", "'"))
	}
	if succeeded := strings.Contains(reply, "<status>Succeeded</status>"); succeeded != (len(problems) == 0) {
		s.t.Fatalf("checkDeployStatus: %s", reply)
	}
	return problems
}

func (s *site) soap(body string) string {
	s.t.Helper()
	return s.call(http.StatusOK, "POST", "/services/Soap/m/67.0", `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Header><SessionHeader><sessionId>`+
		s.token+`</sessionId></SessionHeader></e:Header><e:Body>`+body+`</e:Body></e:Envelope>`, "Content-Type", "text/xml", "SOAPAction", `""`)
}

// deployed is deploy for what must succeed.
func (s *site) deployed(list ...component) {
	s.t.Helper()
	if problems := s.deploy(list...); problems != nil {
		s.t.Fatalf("deploy failed: %q", problems)
	}
}

// Components that the tests begin with and spoil.
var (
	aRouting = component{"QueueRoutingConfig", "queueRoutingConfigs/R.queueRoutingConfig",
		"<capacityWeight>2.5</capacityWeight><label>Routing</label><pushTimeout>30</pushTimeout><routingModel>EXTERNAL_ROUTING</routingModel><routingPriority>7</routingPriority>"}
	aQueue = component{"Queue", "queues/Q.queue",
		"<name>The Queue</name><queueRoutingConfig>R</queueRoutingConfig><queueSobject><sobjectType>Ticket__c</sobjectType></queueSobject>"}
	aChannel = component{"ServiceChannel", "serviceChannels/C.serviceChannel", "<label>Tickets</label><relatedEntityType>Ticket__c</relatedEntityType>"}
	aStatus  = component{"ServicePresenceStatus", "servicePresenceStatuses/S.servicePresenceStatus", "<channels><channel>C</channel></channels><label>Ready</label>"}
	aStream  = component{"PlatformEventChannel", "platformEventChannels/X__chn.platformEventChannel", "<channelType>data</channelType><label>X</label>"}
	aMember  = component{"PlatformEventChannelMember", "platformEventChannelMembers/X_chn_CaseChangeEvent.platformEventChannelMember",
		"<eventChannel>X__chn</eventChannel><filterExpression>Status = 'New'</filterExpression><selectedEntity>CaseChangeEvent</selectedEntity>"}
	anApp = component{"ExternalClientApplication", "externalClientApps/A.eca", "<label>App</label>"}
	aSet  = component{"PermissionSet", "permissionsets/P.permissionset", "<label>Set</label>"}
)

// with spoils a component.
func (c component) with(old, new string) component {
	if !strings.Contains(c.inner, old) {
		panic(c.inner + " does not contain " + old)
	}
	c.inner = strings.Replace(c.inner, old, new, 1)
	return c
}

func TestDeployedRoutingRoutes(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	s.deployed(aStatus, aQueue, aChannel, aRouting) // in an order that the org has to sort
	for soql, want := range map[string]map[string]any{
		"SELECT RoutingModel, CapacityWeight, PushTimeout, RoutingPriority FROM QueueRoutingConfig WHERE DeveloperName = 'R'": {"RoutingModel": "ExternalRouting", "CapacityWeight": 2.5, "PushTimeout": 30.0, "RoutingPriority": 7.0},
		"SELECT Name FROM Group WHERE Type = 'Queue' AND DeveloperName = 'Q'":                                                 {"Name": "The Queue"},
		"SELECT RelatedEntity, CapacityModel FROM ServiceChannel WHERE DeveloperName = 'C'":                                   {"RelatedEntity": "Ticket__c", "CapacityModel": "TabBased"},
		"SELECT MasterLabel FROM ServicePresenceStatus WHERE DeveloperName = 'S'":                                             {"MasterLabel": "Ready"},
	} {
		found := s.query(soql)
		if found.TotalSize != 1 {
			t.Errorf("%s: %d rows", soql, found.TotalSize)
			continue
		}
		for field, value := range want {
			if found.Records[0][field] != value {
				t.Errorf("%s: %s is %v, want %v", soql, field, found.Records[0][field], value)
			}
		}
	}
	if n := s.query("SELECT Id FROM ServiceChannelStatus WHERE ServicePresenceStatus.DeveloperName = 'S' AND ServiceChannel.DeveloperName = 'C'").TotalSize; n != 1 {
		t.Errorf("the status serves the channel %d times", n)
	}
	if _, err := s.o.AddWork(mockorg.NewWork{Object: "Ticket__c", Queue: "Q"}); err != nil {
		t.Fatalf("work in the deployed queue: %v", err)
	}
	if psrs := s.o.Records("PendingServiceRouting"); len(psrs) != 1 || psrs[0]["RoutingPriority"] != int64(7) {
		t.Errorf("the work made %v, want one PSR with priority 7", psrs)
	}
}

func TestDeployAgainChanges(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	s.deployed(aRouting, aQueue, aChannel, aStatus)
	id := func() any { return s.query("SELECT Id FROM Group WHERE DeveloperName = 'Q'").Records[0]["Id"] }
	before := id()
	s.deployed(aQueue.with("The Queue", "Renamed").with("Ticket__c", "Case"), aStatus.with("<channels><channel>C</channel></channels>", ""))
	if id() != before {
		t.Error("the queue became another record")
	}
	if name := s.query("SELECT Name FROM Group WHERE DeveloperName = 'Q'").Records[0]["Name"]; name != "Renamed" {
		t.Errorf("the queue is called %v", name)
	}
	if links := s.query("SELECT SobjectType FROM QueueSobject WHERE Queue.DeveloperName = 'Q'"); links.TotalSize != 1 || links.Records[0]["SobjectType"] != "Case" {
		t.Errorf("the queue owns %v, want cases only", links.Records)
	}
	if n := s.query("SELECT Id FROM ServiceChannelStatus WHERE ServicePresenceStatus.DeveloperName = 'S'").TotalSize; n != 0 {
		t.Errorf("the status still serves %d channels", n)
	}
}

func TestDryRunChangesNothing(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	if problems := s.deployWith("<checkOnly>true</checkOnly>", aRouting, aQueue, aStream, aMember); problems != nil {
		t.Fatalf("dry run: %q", problems)
	}
	if n := s.query("SELECT Id FROM Group WHERE DeveloperName = 'Q'").TotalSize; n != 0 || s.o.Deployed("Queue", "Q") != nil {
		t.Error("a dry run made a queue")
	}
	if s.listen().subscribe("/data/X__chn").Successful {
		t.Error("a dry run made a channel")
	}
}

func TestDeployedPeople(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	config := component{"PresenceUserConfig", "presenceUserConfigs/U.presenceUserConfig",
		"<assignments><users><user>ada@acme.example</user></users></assignments><capacity>9</capacity><declineReasons>D</declineReasons><enableDecline>true</enableDecline>" +
			"<enableDeclineReason>true</enableDeclineReason><label>U</label><presenceStatusOnDecline>Busy</presenceStatusOnDecline>"}
	reason := component{"PresenceDeclineReason", "presenceDeclineReasons/D.presenceDeclineReason", "<label>Lunch</label>"}
	s.deployed(config, reason, aRouting, aQueue.with("<queueRoutingConfig>", "<queueMembers><users><user>ada@acme.example</user></users></queueMembers><queueRoutingConfig>"))
	links := s.query("SELECT PresenceUserConfig.DeveloperName, PresenceUserConfig.Capacity FROM PresenceUserConfigUser WHERE User.Username = 'ada@acme.example'")
	if links.TotalSize != 1 || links.Records[0]["PresenceUserConfig"].(map[string]any)["Capacity"] != 9.0 {
		t.Errorf("the agent has %v, want the deployed configuration only", links.Records)
	}
	if n := s.query("SELECT Id FROM GroupMember WHERE Group.DeveloperName = 'Q'").TotalSize; n != 1 {
		t.Errorf("the queue has %d members, want one", n)
	}
	s.deployed(aQueue) // says nothing of members
	if n := s.query("SELECT Id FROM GroupMember WHERE Group.DeveloperName = 'Q'").TotalSize; n != 1 {
		t.Errorf("after a deploy that tells no members the queue has %d, want the one it had", n)
	}
}

func TestDeployedChannelDelivers(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	if m := s.listen().subscribe("/data/X__chn"); m.Successful {
		t.Fatal("the channel is there before it was deployed")
	}
	other := component{"PlatformEventChannel", "platformEventChannels/Y__chn.platformEventChannel", aStream.inner}
	accounts := component{"PlatformEventChannelMember", "platformEventChannelMembers/Y_chn_AccountChangeEvent.platformEventChannelMember",
		"<eventChannel>Y__chn</eventChannel><selectedEntity>AccountChangeEvent</selectedEntity>"}
	s.deployed(aStream, aMember, other, accounts)
	l := s.listen("/data/X__chn")
	s.create("Case", `{"Subject":"seen"}`)
	s.create("Case", `{"Subject":"filtered","Status":"Working"}`)
	s.create("Account", `{"Name":"of another channel"}`)
	events := l.events()
	if len(events) != 1 || !strings.Contains(string(events[0].Data), "seen") {
		t.Fatalf("the channel delivered %v, want the one case that passes", events)
	}
	s.deployed(aMember.with("New", "Working"))
	s.create("Case", `{"Subject":"now","Status":"Working"}`)
	if events := l.events(); len(events) != 1 || !strings.Contains(string(events[0].Data), "now") {
		t.Errorf("after a change of the filter the channel delivered %v", events)
	}
}

// members adds objects to the channel.
func members(objects ...string) (list []component) {
	for _, name := range objects {
		file := strings.ReplaceAll("X_chn_"+name+"ChangeEvent", "__", "_")
		list = append(list, component{"PlatformEventChannelMember", "platformEventChannelMembers/" + file + ".platformEventChannelMember",
			"<eventChannel>X__chn</eventChannel><selectedEntity>" + name + "ChangeEvent</selectedEntity>"})
	}
	return list
}

// TestDeployRefusesWhatAnOrgRefuses holds mistakes of meaning to their problems.
func TestDeployRefusesWhatAnOrgRefuses(t *testing.T) {
	object := func(name string, rights ...string) component {
		inner := ""
		for _, right := range []string{"allowCreate", "allowDelete", "allowEdit", "allowRead", "modifyAllRecords", "viewAllRecords"} {
			inner += fmt.Sprintf("<%s>%t</%s>", right, slices.Contains(rights, right), right)
		}
		return aSet.with("<label>Set</label>", "<label>Set</label><objectPermissions>"+inner+"<object>"+name+"</object></objectPermissions>")
	}
	user := func(name string) component {
		return aSet.with("<label>Set</label>", "<label>Set</label><userPermissions><enabled>true</enabled><name>"+name+"</name></userPermissions>")
	}
	inSet := func(inner string) component { return aSet.with("<label>Set</label>", inner+"<label>Set</label>") }
	global := component{"ExtlClntAppGlobalOauthSettings", "extlClntAppGlobalOauthSets/A.ecaGlblOauth",
		"<callbackUrl>https://x.example/back</callbackUrl><externalClientApplication>A</externalClientApplication>"}
	oauth := component{"ExtlClntAppOauthSettings", "extlClntAppOauthSettings/A.ecaOauth",
		"<commaSeparatedOauthScopes>Api, RefreshToken</commaSeparatedOauthScopes><externalClientApplication>A</externalClientApplication>"}
	for _, c := range []struct {
		list []component
		want string
	}{
		{[]component{aQueue}, "Q: In field: queueRoutingConfig - no QueueRoutingConfig named R found"},
		{[]component{aRouting, aQueue.with("Ticket__c", "Tickets")}, "Q: In field: sobjectType - no CustomObject named Tickets found"},
		{[]component{aRouting, aQueue.with("<name>", "<queueMembers><users><user>nobody@x.example</user></users></queueMembers><name>")}, "Q: In field: user - no User named nobody@x.example found"},
		{[]component{aRouting, aQueue.with("<name>", "<queueMembers><roles><role>CEO</role></roles></queueMembers><name>")}, "Q: Queue members can only be users"},
		{[]component{aRouting.with("<label>", "<capacityPercentage>5</capacityPercentage><label>")}, "R: Specify either"},
		{[]component{aRouting.with(">30<", ">3.5<")}, "R: pushTimeout: '3.5' is no whole number"},
		{[]component{aRouting.with(">2.5<", ">-1<")}, "R: capacityWeight: '-1' is no number of zero"},
		{[]component{aChannel.with("Ticket__c", "Case")}, "C: duplicate value found: RelatedEntity"},
		{[]component{aChannel.with("Ticket__c", "Group")}, "C: In field: relatedEntityType - no CustomObject named Group found"},
		{[]component{aStatus}, "S: In field: channel - no ServiceChannel named C found"},
		{[]component{aMember}, "In field: eventChannel - no PlatformEventChannel named X__chn found"},
		{[]component{aStream.with("data", "event")}, "X__chn: Channels of type event are not available"},
		{[]component{aStream, aMember.with("CaseChangeEvent", "Case")}, "In field: selectedEntity - no CustomObject named Case found"},
		{[]component{aStream, aMember.with("CaseChangeEvent", "LeadChangeEvent")}, "has to be named X_chn_LeadChangeEvent"},
		{[]component{aStream, aMember.with("Status =", "Colour =")}, "The filter expression is not valid"},
		{[]component{aStream, aMember.with("<eventChannel>", "<enrichedFields><name>Colour</name></enrichedFields><eventChannel>")}, "cannot be enriched"},
		{append([]component{aStream}, members("Account", "Case", "Contact", "Lead", "Task", "Ticket__")...), "The maximum number of entities selected for change data capture is 5"},
		{[]component{object("PendingServiceRouting", "allowRead")}, "P: In field: object - no CustomObject named PendingServiceRouting found"},
		{[]component{object("AgentWork", "allowRead")}, "P: In field: object - no CustomObject named AgentWork found"},
		{[]component{object("UserServicePresence", "allowRead")}, "P: In field: object - no CustomObject named UserServicePresence found"},
		{[]component{object("Case", "allowEdit")}, "P: Permission Edit Case depends on permission(s): Read Case"},
		{[]component{object("Case", "allowRead", "modifyAllRecords")}, "P: Permission Edit All Case depends on"},
		{[]component{object("MessagingSession", "allowRead")}, "P: Permission Read MessagingSession depends on permission(s): Read MessagingEndUser"},
		{[]component{user("ViewSetup")}, "P: Permission ViewSetup depends on permission(s): ViewRoles"},
		{[]component{user("FlyToTheMoon")}, "P: Unknown user permission: FlyToTheMoon"},
		{[]component{inSet("<servicePresenceStatusAccesses><enabled>true</enabled><servicePresenceStatus>S</servicePresenceStatus></servicePresenceStatusAccesses>")}, "P: In field: servicePresenceStatus - no ServicePresenceStatus named S found"},
		{[]component{inSet("<customPermissions><enabled>true</enabled><name>V</name></customPermissions>")}, "P: In field: customPermission - no CustomPermission named V found"},
		{[]component{inSet("<applicationVisibilities><application>K</application><visible>true</visible></applicationVisibilities>")}, "P: In field: application - no CustomApplication named K found"},
		{[]component{inSet("<fieldPermissions><editable>false</editable><field>Case.Colour__c</field></fieldPermissions>")}, "P: In field: field - no CustomField named Case.Colour__c found"},
		{[]component{anApp, global}, "A: Global OAuth settings can be deployed only where"},
		{[]component{secrets, anApp, global.with("https:", "http:")}, "A: The callback URL must be https"},
		{[]component{secrets, anApp, global.with("<external", "<certificate>none</certificate><external")}, "A: The certificate is no X.509"},
		{[]component{secrets, anApp, global.with("<external", "<consumerKey>mine</consumerKey><external")}, "A: The consumer key is given by the org"},
		{[]component{secrets, global}, "A: In field: externalClientApplication - no ExternalClientApplication named A found"},
		{[]component{anApp, oauth.with("Api", "API")}, "A: Invalid OAuth scope: API. Valid scopes are: Address, Api,"},
		{[]component{anApp, oauth.with("<external", "<oauthLink>00D:1</oauthLink><external")}, "A: The OAuth link"},
		{[]component{anApp, {"ExtlClntAppOauthConfigurablePolicies", "extlClntAppOauthPolicies/A_defaultPolicy.ecaOauthPlcy",
			"<commaSeparatedPermissionSet>Nobody</commaSeparatedPermissionSet><externalClientApplication>A</externalClientApplication>"}}, "no PermissionSet named Nobody found"},
		{[]component{{"Settings", "settings/OmniChannel.settings", "<enableOmniChannel>false</enableOmniChannel>"}}, "OmniChannel: Omni-Channel cannot be switched off"},
	} {
		s := newSite(t, mockorg.Options{})
		records := len(s.o.Records("QueueRoutingConfig"))
		if got := s.deploy(c.list...); !slices.ContainsFunc(got, func(p string) bool { return strings.Contains(p, c.want) }) {
			t.Errorf("%v: %q, want %q", c.list, got, c.want)
		}
		if n := len(s.o.Records("QueueRoutingConfig")); n != records {
			t.Errorf("%v: %d records are left behind", c.list, n-records)
		}
	}
}
