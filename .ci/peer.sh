# Sourced by what starts a peer for tests: tools are kept in `tools`, ports are free ones,
# and a peer counts as started when it answers.

tools="${VEND_TOOLS:-target/tools}"

# The folder of a Python with moto and botocore; both pinned, so that a new release
# is a change somebody made.
aws_python() {
  local home="$tools/aws-python"
  if [ ! -x "$home/bin/moto_server" ]; then
    python3 -m venv "$home" >&2
    "$home/bin/pip" install --quiet "moto[server]==5.2.5" "botocore==1.44.5" "regex==2026.11.15" >&2
  fi
  echo "$home/bin"
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# await_peer URL PID LOG: prints URL and PID once it answers; ends it and shows LOG when it does not.
await_peer() {
  local url="$1" pid="$2" log="$3"
  for _ in $(seq 300); do
    if curl -s -o /dev/null --max-time 2 "$url"; then
      echo "$url $pid"
      return 0
    fi
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  kill "$pid" 2>/dev/null || true
  echo "it did not start; its log:" >&2
  cat "$log" >&2
  return 1
}
