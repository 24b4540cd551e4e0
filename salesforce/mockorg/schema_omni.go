package mockorg

// workItemObjects are what external routing can route (salesforce-omni 1.1);
// a reference to "any work item" accepts exactly these.
var workItemObjects = map[string]bool{
	"Account": true, "Case": true, "Contact": true, "Lead": true, "LiveChatTranscript": true,
	"MessagingSession": true, "Ticket__c": true,
}

// presencePrefixes are the key prefixes of UserServicePresence that
// Settings.PresencePrefix chooses from; the schema has the first.
var presencePrefixes = [...]string{"0Sv", "0Mz"}

// prefixOf is what ids of new records of an object begin with. The org is locked.
func (o *Org) prefixOf(ob *object) string {
	if ob.name == presenceObject {
		return o.omni.set.PresencePrefix
	}
	return ob.prefix
}

const presenceObject = "UserServicePresence"

// omniSchema describes the objects of Omni-Channel (salesforce-omni 1.1 to 1.4).
//
// The key prefix of UserServicePresence is not public (salesforce-omni 11.8):
// those of presencePrefixes are made up, and nothing may depend on them.
const omniSchema = `
object PendingServiceRouting 0JR cud
Name auto(8) D
OwnerId ref(User|Group) CUD
WorkItemId ref(*) C
ServiceChannelId ref(ServiceChannel) C
GroupId ref(Group) N
QueueId ref(Group) N
RoutingModel restricted(ExternalRouting|LeastActive|MostAvailable) CUN index
RoutingType restricted(QueueBased|SkillsBased) CND =QueueBased
RoutingPriority int CUN
SecondaryRoutingPriority int CUN
IsReadyForRouting bool CUD
IsPushed bool D
IsPushAttempted bool D
IsTransfer bool D
IsConference bool D
Serial int N =1
LastDeclinedAgentSession string(200) N
CapacityWeight double(10,2) CUN
CapacityPercentage percent(5,2) CUN
PausedCapacityWeight double(10,2) CUN
PausedCapacityPercentage percent(5,2) CUN
IsInterruptible bool D
PreferredUserId ref(User) CUN
IsPreferredUserRequired bool CD
PushTimeout int CUN
CustomRequestedDateTime datetime CUN
DropAdditionalSkillsTimeout int CUN
IsOwnerChangeInitiated bool D
IsStatusChangeInitiated bool D
TransferRequesterId ref(User) CUN
TargetAcceptDateTime datetime UN
BotType restricted(Bot|ExternalCopilot) CN

object AgentWork 0Bz cud
Name auto(8) D
UserId ref(User) C
WorkItemId ref(*) C
ServiceChannelId ref(ServiceChannel) C
PendingServiceRoutingId ref(PendingServiceRouting) CN
OwnerId ref(User|Group) CD
Status restricted(Assigned|Unavailable|Declined|Opened|Closed|DeclinedOnPushTimeout|Canceled|Transferred) D =Assigned index
CapacityWeight double(10,2) CN
CapacityPercentage percent(5,2) CN
ShouldSkipCapacityCheck bool CD
AssignedDateTime datetime N
AcceptDateTime datetime N
DeclineDateTime datetime N
CloseDateTime datetime N
CancelDateTime datetime N
RequestDateTime datetime N
PushTimeoutDateTime datetime N
AbandonedDateTime datetime N
DeclineReason string(200) N
PushTimeout int N
SpeedToAnswer int N
HandleTime int N
ActiveTime int N
AfterConversationActualTime int N
AcwExtensionCount int N
AcwExtensionDuration int N
AgentCapacityWhenDeclined double(10,2) N
AgentIntCapacityWhenDeclined double(10,2) N
CapacityModel restricted(StatusBased|TabBased) N
OriginalGroupId ref(Group) N
OriginalQueueId ref(Group) N
RoutingModel restricted(ExternalRouting|LeastActive|MostAvailable) N
RoutingType restricted(QueueBased|SkillsBased) N
RoutingPriority int N
SecondaryRoutingPriority int N
PreferredUserId ref(User) N
IsPreferredUserRequired bool D
IsOwnerChangeInitiated bool D
IsStatusChangeInitiated bool D
IsInterruptible bool D
PausedCapacityWeight double(10,2) CN
PausedCapacityPercentage percent(5,2) CN
TargetAcceptDateTime datetime CN
TransferRequesterId ref(User) CN
BotType restricted(Bot|ExternalCopilot) CN

object UserServicePresence 0Sv --d
Name auto(8) D
UserId ref(User) -
OwnerId ref(User) -
ServicePresenceStatusId ref(ServicePresenceStatus) -
IsCurrentState bool D index
IsAway bool D
StatusStartDate datetime -
StatusEndDate datetime N
StatusDuration int N
ConfiguredCapacity int N
ConfiguredInterruptCapacity int N
AverageCapacity double(10,2) N
AtCapacityDuration int N
IdleDuration int N

object ServicePresenceStatus 0N5 cu-
DeveloperName string(80) CU lookup
MasterLabel string(80) CU
Language picklist(en_US) CUND =en_US

object ServiceChannelStatus 0NC cud
ServiceChannelId ref(ServiceChannel) C
ServicePresenceStatusId ref(ServicePresenceStatus) C

object ServiceChannel 0N9 cud
DeveloperName string(80) CU lookup
MasterLabel string(80) CU
Language picklist(en_US) CUND =en_US
RelatedEntity string(80) C unique
CapacityModel restricted(StatusBased|TabBased) CUND =TabBased
StatusField string(255) CUN
DoesCheckCapOnOwnerChange bool CUD
DoesCheckCapOnStatusChange bool CUD
HasAutoAcceptEnabled bool CUD
DoesMinimizeWidgetOnAccept bool CUD
SecRoutingPriorityField string(255) CUN
RoutingConfigurationId ref(QueueRoutingConfig) CUN

object ServiceChannelFieldPriority 0NJ cud
ServiceChannelId ref(ServiceChannel) C
Priority int CU
Value string(255) CU

object QueueRoutingConfig 0K9 cud
DeveloperName string(80) CU lookup
MasterLabel string(80) CU
Language picklist(en_US) CUND =en_US
RoutingModel restricted(LeastActive|MostAvailable|ExternalRouting) CUD =ExternalRouting
RoutingPriority int CUND =1
CapacityWeight double(10,2) CUN
CapacityPercentage percent(5,2) CUN
PushTimeout int CUN
IsAttributeBased bool CUD
DropAdditionalSkillsTimeout int CUN
OverflowAssigneeId ref(User|Group) CUN

object PresenceUserConfig 0Nd cud
DeveloperName string(80) CU lookup
MasterLabel string(80) CU
Language picklist(en_US) CUND =en_US
Capacity int CU =5
OptionsIsAutoAcceptEnabled bool CUD
OptionsIsDeclineEnabled bool CUD
OptionsIsDeclineReasonEnabled bool CUD
PresenceStatusOnDeclineId ref(ServicePresenceStatus) CUN
PresenceStatusOnPushTimeoutId ref(ServicePresenceStatus) CUN

object PresenceUserConfigUser 0Ne c-d
PresenceUserConfigId ref(PresenceUserConfig) C
UserId ref(User) C

object PresenceDeclineReason 0KR cud
DeveloperName string(80) CU lookup
MasterLabel string(80) CU
Language picklist(en_US) CUND =en_US

object PresenceConfigDeclineReason 0KP c-d
PresenceUserConfigId ref(PresenceUserConfig) C
PresenceDeclineReasonId ref(PresenceDeclineReason) C
`

// conversationSchema describes the work items that are conversations
// (salesforce-omni 1.5 and 1.6).
const conversationSchema = `
object LiveChatVisitor 571 cud
Name auto(8) D
SessionKey string(200) CN

object LiveChatDeployment 572 cu-
DeveloperName string(80) CU lookup
MasterLabel string(80) CU

object LiveChatButton 573 cu-
DeveloperName string(80) CU lookup
MasterLabel string(80) CU
RoutingType restricted(Choice|LeastActive|MostAvailable|Omni|External) CUND =External
QueueId ref(Group) CUN

object LiveChatTranscript 570 cud
Name auto(8) D
OwnerId ref(User|Group) CUD
Status restricted(Waiting|InProgress|Completed|Missed|Blocked|Dropped) CUN
ChatKey string(200) CN lookup
LiveChatVisitorId ref(LiveChatVisitor) C
LiveChatButtonId ref(LiveChatButton) CUN
LiveChatDeploymentId ref(LiveChatDeployment) CUN
RequestTime datetime CUN
StartTime datetime CUN
EndTime datetime CUN
EndedBy picklist(Agent|Visitor|System) CUN
WaitTime int N
ChatDuration int N
Abandoned int N
CaseId ref(Case) CUN
ContactId ref(Contact) CUN
AccountId ref(Account) CUN
LeadId ref(Lead) CUN
Body text(131072) CUN
IpAddress string(50) CUN
Location string(255) CUN
Browser string(255) CUN
BrowserLanguage string(50) CUN
Platform string(255) CUN
UserAgent string(255) CUN
ReferrerUri string(1024) CUN
OperatorMessageCount int CUN
VisitorMessageCount int CUN
IsChatbotSession bool D

object LiveChatTranscriptEvent 0DZ c-d
Name auto(8) D
LiveChatTranscriptId ref(LiveChatTranscript) C
AgentId ref(User) CN
Type picklist(ChatRequest|Enqueue|PushAssignment|OtherPushAssignment|Accept|DeclineManual|DeclineTimeout|Unassigned|CancelVisitor|Transfer|EndAgent|EndVisitor) CUN
Time datetime CUN
Detail string(255) CUN

object MessagingChannel 0Mj cu-
DeveloperName string(80) CU lookup
MasterLabel string(80) CU
MessageType picklist(EmbeddedMessaging|WhatsApp|Text|Facebook|AppleBusinessChat|Line) CU
IsActive bool CUD =true

object MessagingEndUser 0PA cud
Name string(255) CUN
OwnerId ref(User|Group) CUD
MessagingChannelId ref(MessagingChannel) CN
MessageType picklist(EmbeddedMessaging|WhatsApp|Text|Facebook|AppleBusinessChat|Line) CUN
MessagingPlatformKey string(255) CUN
ContactId ref(Contact) CUN
AccountId ref(Account) CUN

object MessagingSession 0Mw cud
Name auto(8) D
OwnerId ref(User|Group) CUD
Status restricted(New|Active|Consent|Waiting|Paused|Inactive|Ended|Error) CD =New
CaseId ref(Case) CUN
LeadId ref(Lead) CUN
MessagingChannelId ref(MessagingChannel) CN
MessagingEndUserId ref(MessagingEndUser) CN
ConversationId string(18) CN
ChannelType picklist(EmbeddedMessaging|WhatsApp|Text|Facebook|AppleBusinessChat|Line) CN
ChannelName string(255) CN
ChannelKey string(255) CN
AgentType picklist(Agent|Bot|BotToAgent|System) CND =Agent
Origin picklist(InboundInitiated|AgentInitiated|TriggeredOutbound) CND =InboundInitiated
StartTime datetime CN
AcceptTime datetime N
EndTime datetime N
EndedByType picklist(Agent|Bot|EndUser|System) N
SessionKey string(255) CN lookup
TargetUserId ref(User) CN
PreviewDetails string(255) CN
EndUserContactId ref(Contact) CN
EndUserAccountId ref(Account) CN
AgentMessageCount int N
EndUserMessageCount int N

object VoiceCall 0LQ cu-
OwnerId ref(User|Group) CUD
CallType picklist(Inbound|Outbound|Transfer|Callback|Consult|InternalCall) CU
CallDisposition picklist(new|in-progress|completed) CUN
FromPhoneNumber phone CUN
ToPhoneNumber phone CUN
CallStartDateTime datetime CUN
CallEndDateTime datetime CUN
QueueName string(255) CUN
VendorCallKey string(255) CN lookup
DisconnectReason string(255) CUN
RelatedRecordId ref(Case|Contact|Lead|Account) CUN
`
