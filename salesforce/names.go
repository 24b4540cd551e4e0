package salesforce

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"omnibridge/omnichannel"
)

// naming says what people call a record of an object: the fields that are read, and
// the name that they make.
type naming struct {
	fields []string
	name   func(row map[string]any) string
}

// namings are those of objects whose Name alone says little (salesforce-omni 1.5 to
// 1.7). All others are called by their Name.
var namings = map[string]naming{
	"Case": {[]string{"CaseNumber", "Subject"}, func(row map[string]any) string {
		return strings.TrimSpace(textAt(row, "CaseNumber") + " " + textAt(row, "Subject"))
	}},
	"LiveChatTranscript": {[]string{"Name", "Contact.Name", "Lead.Name"}, func(row map[string]any) string {
		return first(textAt(row, "Contact.Name"), textAt(row, "Lead.Name"), "visitor "+textAt(row, "Name"))
	}},
	"MessagingSession": {[]string{"Name", "MessagingEndUser.Name"}, func(row map[string]any) string {
		return first(textAt(row, "MessagingEndUser.Name"), textAt(row, "Name"))
	}},
}

// textAt returns the text at a path of a row; empty if there is none.
func textAt(row map[string]any, path string) string {
	name, rest, deep := strings.Cut(path, ".")
	if deep {
		below, _ := row[name].(map[string]any)
		return textAt(below, rest)
	}
	text, _ := row[name].(string)
	return text
}

// mostNamed bounds how many records of one object are named in one call.
const mostNamed = 200

// queriesAtOnce is how many queries one composite request takes (salesforce-apis 2.5).
const queriesAtOnce = 5

// Names returns what people call records, by id. Each is given with its service
// channel, which tells the object. It takes one API call for up to 200 records of each
// of five objects; what is more, or cannot be named, is left out.
func (o *Org) Names(ctx context.Context, records map[omnichannel.RecordID]omnichannel.ChannelID) (map[omnichannel.RecordID]string, error) {
	ids := map[string][]string{}
	for record, channel := range records {
		ch, err := o.channel(ctx, channel)
		if err != nil || checkID(string(record)) != nil {
			continue // its delivery tells what is wrong with it
		}
		if len(ids[ch.Entity]) < mostNamed {
			ids[ch.Entity] = append(ids[ch.Entity], string(record))
		}
	}
	var objects, paths []string
	for object, list := range ids {
		if len(paths) == queriesAtOnce {
			break
		}
		slices.Sort(list)
		q := "SELECT Id, " + strings.Join(namingOf(object).fields, ", ") + " FROM " + object + " WHERE Id IN " + QuoteList(list)
		objects, paths = append(objects, object), append(paths, queryPath(q))
	}
	replies, err := o.client.ReadAll(ctx, paths...)
	if err != nil {
		return nil, fmt.Errorf("name %d records: %w", len(records), err)
	}
	names := map[omnichannel.RecordID]string{}
	for i, reply := range replies {
		if reply.Err != nil {
			continue // an object without such fields
		}
		rows, err := rowsOf[map[string]any](reply)
		if err != nil {
			return nil, fmt.Errorf("name records of %s: %w", objects[i], err)
		}
		for _, row := range rows {
			if name := namingOf(objects[i]).name(row); name != "" {
				names[omnichannel.RecordID(omnichannel.Long(textAt(row, "Id")))] = name
			}
		}
	}
	return names, nil
}

func namingOf(object string) naming {
	if n, ok := namings[object]; ok {
		return n
	}
	return naming{[]string{"Name"}, func(row map[string]any) string { return textAt(row, "Name") }}
}
