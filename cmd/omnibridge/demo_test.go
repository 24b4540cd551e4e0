package main

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// TestDemoEndsWithItsDaemon holds that the world does not go on when the daemon has
// ended, and that the demo then says why.
func TestDemoEndsWithItsDaemon(t *testing.T) {
	dead := errors.New("dead")
	for _, died := range []error{dead, nil} {
		synctest.Test(t, func(t *testing.T) {
			err := together(t.Context(), func(context.Context) error {
				time.Sleep(time.Second)
				return died
			}, func(ctx context.Context) error {
				<-ctx.Done()
				return nil
			}, func(context.Context) error {
				t.Error("a dead daemon was judged")
				return nil
			})
			if err == nil || died != nil && !errors.Is(err, died) {
				t.Errorf("together = %v after the daemon ended with %v", err, died)
			}
		})
	}
}

// TestDemoIsJudgedWhileItsDaemonRuns holds the order of the demo's end, also when it is
// told to end: world, judgement, daemon.
func TestDemoIsJudgedWhileItsDaemonRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var order []string
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := together(ctx, func(ctx context.Context) error {
			<-ctx.Done()
			order = append(order, "daemon")
			return nil
		}, func(ctx context.Context) error {
			<-ctx.Done()
			order = append(order, "world")
			return nil
		}, func(ctx context.Context) error {
			order = append(order, "judge")
			time.Sleep(time.Second)
			return ctx.Err()
		})
		if want := []string{"world", "judge", "daemon"}; err != nil || !slices.Equal(order, want) {
			t.Errorf("ended in the order %v with %v, want %v", order, err, want)
		}
	})
}
