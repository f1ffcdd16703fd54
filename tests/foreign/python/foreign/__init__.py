"""python-socketio against a conformance server."""
