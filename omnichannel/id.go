package omnichannel

import "strings"

type (
	// PSRID is the id of a PendingServiceRouting record.
	PSRID string
	// AgentWorkID is the id of an AgentWork record.
	AgentWorkID string
	// RecordID is the id of a work item: a chat, a messaging session, a case.
	RecordID string
	// QueueID is the id of a queue (Group).
	QueueID string
	// ChannelID is the id of a ServiceChannel.
	ChannelID string
	// StatusID is the id of a ServicePresenceStatus.
	StatusID string
	// PresenceID is the id of a UserServicePresence record.
	PresenceID string
)

const checksumAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"

// Long returns the 18-character form of a Salesforce id. REST and streaming use
// that form, user-interface APIs the 15-character one (salesforce-omni 10). What
// has neither length is returned as it is.
func Long(id string) string {
	if len(id) != 15 {
		return id
	}
	var b strings.Builder
	b.WriteString(id)
	for group := 0; group < 15; group += 5 {
		bits := 0
		for i := range 5 {
			if c := id[group+i]; c >= 'A' && c <= 'Z' {
				bits |= 1 << i
			}
		}
		b.WriteByte(checksumAlphabet[bits])
	}
	return b.String()
}

// queuePrefix starts the ids of queues; an owner is a user or a queue.
const queuePrefix = "00G"

// isQueue tells whether an owner id names a queue.
func isQueue(owner string) bool { return strings.HasPrefix(owner, queuePrefix) }
