// Asks the gateway which incentive to show. Whatever goes wrong, or takes too long, nothing is shown.
//   GATEWAY=http://127.0.0.1:8080 go run decide.go SESSION USER
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"time"
)

func incentive(session, user string, attributes map[string]any, timeoutMs int) json.RawMessage {
	asked, _ := json.Marshal(map[string]any{"sessionId": session, "userId": user, "attributes": attributes, "timeoutMs": timeoutMs})
	request, _ := http.NewRequest("POST", os.Getenv("GATEWAY")+"/v1/decisions", bytes.NewReader(asked))
	request.Header.Set("content-type", "application/json")
	request.Header.Set("authorization", "Bearer "+os.Getenv("GATEWAY_TOKEN"))
	client := http.Client{Timeout: time.Duration(timeoutMs+50) * time.Millisecond}
	var answer struct{ Incentive json.RawMessage }
	if got, err := client.Do(request); err == nil {
		defer got.Body.Close()
		if got.StatusCode == 200 && json.NewDecoder(got.Body).Decode(&answer) == nil {
			return answer.Incentive
		}
	}
	return json.RawMessage("null")
}

func main() {
	timeoutMs, err := strconv.Atoi(os.Getenv("TIMEOUT_MS"))
	if err != nil {
		timeoutMs = 50
	}
	fmt.Println(string(incentive(os.Args[1], os.Args[2], map[string]any{"visits": 5, "member": true}, timeoutMs)))
}
