package salesforce

import "context"

// PlanTopics tells what [Org.Topics] would do, in its words, and changes nothing.
func (o *Org) PlanTopics(ctx context.Context) ([]TopicChange, error) {
	have, err := o.readTopics(ctx)
	if err != nil {
		return nil, err
	}
	version, err := o.topicVersion()
	if err != nil {
		return nil, err
	}
	var plan []TopicChange
	for _, t := range topics {
		plan = append(plan, t.row(version).change(have[t.name()]))
	}
	return plan, nil
}
