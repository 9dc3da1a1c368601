# Asks the gateway which incentive to show. Whatever goes wrong, or takes too long, nothing is shown.
#   GATEWAY=http://127.0.0.1:8080 python decide.py SESSION USER
import json, os, sys, urllib.request

TIMEOUT_MS = int(os.environ.get("TIMEOUT_MS", "50"))


def incentive(session, user, attributes):
    asked = {"sessionId": session, "userId": user, "attributes": attributes, "timeoutMs": TIMEOUT_MS}
    headers = {"content-type": "application/json", "authorization": "Bearer " + os.environ.get("GATEWAY_TOKEN", "none")}
    request = urllib.request.Request(os.environ["GATEWAY"] + "/v1/decisions", json.dumps(asked).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=(TIMEOUT_MS + 50) / 1000) as answer:
            return json.load(answer)["incentive"]
    except OSError:
        return None


print(json.dumps(incentive(sys.argv[1], sys.argv[2], {"visits": 5, "member": True})))
