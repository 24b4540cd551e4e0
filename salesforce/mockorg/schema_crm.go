package mockorg

// crmSchema describes people, queues, the standard business objects that
// routing touches (salesforce-omni 1.4 and 1.7), and one custom object.
const crmSchema = `
object Organization 00D -u-
Name string(80) U
InstanceName string(5) N
IsSandbox bool D
TrialExpirationDate datetime N
NamespacePrefix string(15) N
OrganizationType picklist(Developer+Edition|Enterprise+Edition|Unlimited+Edition) N
LanguageLocaleKey picklist(en_US) UN =en_US
TimeZoneSidKey string(40) UN =GMT
PrimaryContact string(80) UN
Country string(80) UN

object Profile 00e ---
Name string(255) U lookup
UserType picklist(Standard|AutomatedProcess) N =Standard

object User 005 cu-
Username string(80) CU unique lookup
LastName string(80) CU
FirstName string(40) CUN
Name string(121) N
Email email CU
Alias string(8) CU
IsActive bool CUD
ProfileId ref(Profile) CU
UserType picklist(Standard|AutomatedProcess) N =Standard
TimeZoneSidKey string(40) CUD =GMT
LocaleSidKey string(40) CUD =en_GB
LanguageLocaleKey string(40) CUD =en_US
EmailEncodingKey string(40) CUD =UTF-8
FederationIdentifier string(512) CUN lookup
Department string(80) CUN
Title string(80) CUN
Phone phone CUN
ManagerId ref(User) CUN

object Group 00G cud
Name string(40) CU
DeveloperName string(80) CUND lookup
Type restricted(Regular|Queue|Role|Organization) C index
Email email CUN
DoesSendEmailToMembers bool CUD
DoesIncludeBosses bool CUD
RelatedId ref(User) N
OwnerId ref(User) D
QueueRoutingConfigId ref(QueueRoutingConfig) CUN

object QueueSobject 03g c-d
QueueId ref(Group) C
SobjectType string(40) C index

object GroupMember 011 c-d
GroupId ref(Group) C
UserOrGroupId ref(User|Group) C

object Account 001 cud
Name string(255) CU index
OwnerId ref(User) CUD
Type picklist(Prospect|Customer|Partner|Other) CUN
Industry picklist(Banking|Education|Healthcare|Retail|Technology|Other) CUN
Phone phone CUN
Website url CUN
AccountNumber string(40) CUN
BillingStreet text(255) CUN
BillingCity string(40) CUN
BillingPostalCode string(20) CUN
BillingCountry string(80) CUN
AnnualRevenue double(18,0) CUN
NumberOfEmployees int CUN
Description text(32000) CUN
ParentId ref(Account) CUN

object Contact 003 cud
LastName string(80) CU
FirstName string(40) CUN
Name string(121) N
OwnerId ref(User) CUD
AccountId ref(Account) CUN
Email email CUN index
Phone phone CUN index
MobilePhone phone CUN index
Title string(128) CUN
Department string(80) CUN
Birthdate date CUN
Description text(32000) CUN
ReportsToId ref(Contact) CUN

object Lead 00Q cud
LastName string(80) CU
FirstName string(40) CUN
Name string(121) N
Company string(255) CU
OwnerId ref(User|Group) CUD
Status picklist(Open|Contacted|Qualified|Unqualified) CUD =Open
LeadSource picklist(Web|Phone|Referral|Other) CUN
Email email CUN index
Phone phone CUN index
MobilePhone phone CUN index
Title string(128) CUN
Rating picklist(Hot|Warm|Cold) CUN
Description text(32000) CUN
IsConverted bool CD

object Case 500 cud
CaseNumber auto(8) D
OwnerId ref(User|Group) CUD
Status picklist(New|Working|Escalated|On+Hold|Closed) CUND =New
Priority picklist(High|Medium|Low) CUND =Medium
Origin picklist(Phone|Email|Web|Chat) CUN
Type picklist(Problem|Question|Feature+Request) CUN
Reason picklist(Installation|Complexity|Performance|Breakdown|Other) CUN
Subject string(255) CUN
Description text(32000) CUN
Comments text(4000) CUN
ContactId ref(Contact) CUN
AccountId ref(Account) CUN
ParentId ref(Case) CUN
SuppliedName string(80) CUN
SuppliedEmail email CUN
SuppliedPhone string(40) CUN
SuppliedCompany string(80) CUN
ContactPhone phone N
ContactEmail email N
IsClosed bool D
ClosedDate datetime N
IsEscalated bool CUD

object Task 00T cud
Subject string(255) CUN
OwnerId ref(User|Group) CUD
WhoId ref(Contact|Lead) CUN
WhatId ref(Account|Case|Ticket__c) CUN
Status picklist(Not+Started|In+Progress|Completed|Waiting+on+someone+else|Deferred) CUD =Not+Started
Priority picklist(High|Normal|Low) CUD =Normal
ActivityDate date CUN
Description text(32000) CUN
CallType picklist(Internal|Inbound|Outbound) CUN
CallDurationInSeconds int CUN
CallDisposition string(255) CUN
CallObject string(255) CUN
IsClosed bool D

object PushTopic 0IF cud
Name string(25) CU unique lookup
Query string(1300) CU
ApiVersion double(3,1) CU
Description string(400) CUN
IsActive bool CUD =true
NotifyForFields restricted(All|Referenced|Select|Where) CUND =Referenced
NotifyForOperations restricted(All|Create|Extended|Update) ND =Extended
NotifyForOperationCreate bool CUD =true
NotifyForOperationUpdate bool CUD =true
NotifyForOperationDelete bool CUD =true
NotifyForOperationUndelete bool CUD =true

object StreamingChannel 0M6 cud
Name string(80) CU unique lookup
OwnerId ref(User) CUD
Description string(255) CUN
IsDynamic bool D

object Ticket__c a00 cud
Name auto(8) D
OwnerId ref(User|Group) CUD
Ext__c string(64) CUN ext unique
Subject__c string(255) CUN
Status__c restricted(New|In+Progress|Done) CUND =New
Amount__c double(18,2) CUN
Urgent__c bool CUD
Due__c date CUN
Contact__c ref(Contact) CUN
Notes__c text(32768) CUN
`
