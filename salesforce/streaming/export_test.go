package streaming

// Steady makes the pauses of a client the same each time.
func Steady(c *Client) { c.jitter = 0 }
