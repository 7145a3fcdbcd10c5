// Command lines drives github.com/centrifugal/centrifuge-go for the conformance suite: many clients in one process, named by
// handles, which are spoken to in lines of JSON. What happens to them is written out.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/centrifugal/centrifuge-go"
)

// request is one line of the suite.
type request struct {
	ID      int64           `json:"id"`
	Do      string          `json:"do"`
	Handle  int64           `json:"handle"`
	URL     string          `json:"url"`
	Token   string          `json:"token"`
	Form    string          `json:"form"`
	Channel string          `json:"channel"`
	Method  string          `json:"method"`
	Data    json.RawMessage `json:"data"`
}

// object is what becomes a line of JSON.
type object map[string]any

const patience = 10 * time.Second

var (
	clients = map[int64]*centrifuge.Client{}
	output  sync.Mutex
)

func write(line object) {
	text, err := json.Marshal(line)
	if err != nil {
		panic(err)
	}
	output.Lock()
	defer output.Unlock()
	fmt.Println(string(text))
}

// raw is JSON as it came, or null when nothing came.
func raw(data []byte) any {
	if len(data) == 0 {
		return nil
	}
	return json.RawMessage(data)
}

// tell writes what happened to a client.
func tell(handle int64, kind string, event object) {
	event["handle"], event["kind"] = handle, kind
	write(event)
}

func publication(channel string, told centrifuge.Publication) object {
	event := object{"channel": channel, "data": raw(told.Data)}
	if told.Offset > 0 {
		event["offset"] = told.Offset
	}
	if told.Info != nil {
		event["user"] = told.Info.User
	}
	return event
}

func open(asked request) {
	config := centrifuge.Config{
		Token: asked.Token, MinReconnectDelay: 50 * time.Millisecond, MaxReconnectDelay: 500 * time.Millisecond,
		HandshakeTimeout: patience, ReadTimeout: patience, WriteTimeout: patience,
	}
	make := centrifuge.NewJsonClient
	if asked.Form == "protobuf" {
		make = centrifuge.NewProtobufClient
	}
	client, handle := make(asked.URL, config), asked.Handle
	client.OnConnecting(func(e centrifuge.ConnectingEvent) {
		tell(handle, "connecting", object{"code": e.Code, "reason": e.Reason})
	})
	client.OnConnected(func(e centrifuge.ConnectedEvent) {
		tell(handle, "connected", object{"client": e.ClientID, "data": raw(e.Data)})
	})
	client.OnDisconnected(func(e centrifuge.DisconnectedEvent) {
		tell(handle, "disconnected", object{"code": e.Code, "reason": e.Reason})
	})
	client.OnError(func(e centrifuge.ErrorEvent) {
		tell(handle, "error", object{"message": e.Error.Error()})
	})
	client.OnSubscribed(func(e centrifuge.ServerSubscribedEvent) {
		tell(handle, "server_subscribed", object{"channel": e.Channel, "recovered": e.Recovered, "wasRecovering": e.WasRecovering})
	})
	client.OnUnsubscribed(func(e centrifuge.ServerUnsubscribedEvent) {
		tell(handle, "server_unsubscribed", object{"channel": e.Channel})
	})
	client.OnPublication(func(e centrifuge.ServerPublicationEvent) {
		tell(handle, "server_publication", publication(e.Channel, e.Publication))
	})
	clients[handle] = client
}

func subscription(client *centrifuge.Client, handle int64, channel string) (*centrifuge.Subscription, error) {
	if known, ok := client.GetSubscription(channel); ok {
		return known, nil
	}
	made, err := client.NewSubscription(channel, centrifuge.SubscriptionConfig{
		Positioned: true, Recoverable: true,
		MinResubscribeDelay: 50 * time.Millisecond, MaxResubscribeDelay: 500 * time.Millisecond,
	})
	if err != nil {
		return nil, err
	}
	made.OnSubscribing(func(e centrifuge.SubscribingEvent) {
		tell(handle, "subscribing", object{"channel": channel, "code": e.Code, "reason": e.Reason})
	})
	made.OnSubscribed(func(e centrifuge.SubscribedEvent) {
		event := object{
			"channel": channel, "data": raw(e.Data), "positioned": e.Positioned, "recoverable": e.Recoverable,
			"recovered": e.Recovered, "wasRecovering": e.WasRecovering,
		}
		if e.StreamPosition != nil {
			event["position"] = object{"offset": e.StreamPosition.Offset, "epoch": e.StreamPosition.Epoch}
		}
		tell(handle, "subscribed", event)
	})
	made.OnUnsubscribed(func(e centrifuge.UnsubscribedEvent) {
		tell(handle, "unsubscribed", object{"channel": channel, "code": e.Code, "reason": e.Reason})
	})
	made.OnPublication(func(e centrifuge.PublicationEvent) {
		tell(handle, "publication", publication(channel, e.Publication))
	})
	made.OnError(func(e centrifuge.SubscriptionErrorEvent) {
		tell(handle, "error", object{"channel": channel, "message": e.Error.Error()})
	})
	return made, nil
}

// act carries out what is asked of a client.
func act(ctx context.Context, asked request) (any, error) {
	if asked.Do == "open" {
		open(asked)
		return nil, nil
	}
	client := clients[asked.Handle]
	switch asked.Do {
	case "connect":
		return nil, client.Connect()
	case "disconnect":
		return nil, client.Disconnect()
	case "subscribe", "unsubscribe":
		of, err := subscription(client, asked.Handle, asked.Channel)
		if err != nil {
			return nil, err
		}
		if asked.Do == "subscribe" {
			return nil, of.Subscribe()
		}
		return nil, of.Unsubscribe()
	case "rpc":
		result, err := client.RPC(ctx, asked.Method, asked.Data)
		return raw(result.Data), err
	case "publish":
		_, err := client.Publish(ctx, asked.Channel, asked.Data)
		return nil, err
	case "presence":
		result, err := client.Presence(ctx, asked.Channel)
		found := object{}
		for id, info := range result.Clients {
			found[id] = object{"user": info.User, "client": info.Client}
		}
		return found, err
	case "presenceStats":
		result, err := client.PresenceStats(ctx, asked.Channel)
		return object{"numClients": result.NumClients, "numUsers": result.NumUsers}, err
	}
	return nil, fmt.Errorf("no such action: %s", asked.Do)
}

// failure is what a line says of an error: the server's number and text, where it is the server's.
func failure(err error) object {
	var told *centrifuge.Error
	if errors.As(err, &told) {
		return object{"code": told.Code, "message": told.Message}
	}
	return object{"code": nil, "message": err.Error()}
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var asked request
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			panic(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		result, err := act(ctx, asked)
		cancel()
		if err != nil {
			write(object{"id": asked.ID, "error": failure(err)})
		} else {
			write(object{"id": asked.ID, "result": result})
		}
	}
}
