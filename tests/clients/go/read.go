// Reads so many records of a topic with franz-go, and prints a line of JSON for each.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
)

type line struct {
	Key    string  `json:"key"`
	Type   *string `json:"type"`
	Claims *int    `json:"claims"`
}

func main() {
	if err := read(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func read(servers, topic, count string) error {
	left, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(servers, ",")...),
		kgo.ConsumeTopics(topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
	)
	if err != nil {
		return err
	}
	defer client.Close()
	for left > 0 {
		fetches := client.PollFetches(context.Background())
		if err := fetches.Err(); err != nil {
			return err
		}
		for _, record := range fetches.Records() {
			if err := print(record); err != nil {
				return err
			}
			left--
		}
	}
	return nil
}

func print(record *kgo.Record) error {
	said := line{Key: string(record.Key)}
	for _, header := range record.Headers {
		if header.Key == "ce_type" {
			name := string(header.Value)
			said.Type = &name
		}
	}
	if record.Value != nil { // without a value: the article was erased
		var event struct {
			Claims *[]json.RawMessage `json:"claims"`
		}
		if err := json.Unmarshal(record.Value, &event); err != nil {
			return err
		}
		if event.Claims != nil {
			number := len(*event.Claims)
			said.Claims = &number
		}
	}
	return json.NewEncoder(os.Stdout).Encode(said)
}
