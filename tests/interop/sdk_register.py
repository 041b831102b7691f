# SPDX-License-Identifier: Apache-2.0
#
# Interop tests. Enrols as a client in Python does, with the standard library's HTTP: bodies have a
# space behind each colon. Arguments: the base address, the path, and pairs NAME=VALUE of the body.
import json
import sys
import urllib.error
import urllib.request

base, path = sys.argv[1:3]
body = json.dumps(dict(pair.split('=', 1) for pair in sys.argv[3:])).encode()
request = urllib.request.Request(base + path, data=body, method='POST',
                                 headers={'Content-Type': 'application/json'})
try:
    with urllib.request.urlopen(request, timeout=15) as response:
        print(response.status, response.read().decode())
except urllib.error.HTTPError as error:
    print(error.code, error.read().decode())
    sys.exit(1)
