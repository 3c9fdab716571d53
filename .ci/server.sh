# Sourced by the checks that need a running server: builds the binary and starts it
# on a free port in an empty folder, with a simulator that takes seconds.
# Sets `url` (where it listens), `home` (its folder) and `server` (its process id).

build_vend() {
  cargo build --quiet
  vend="$(cd "${CARGO_TARGET_DIR:-target}" && pwd)/debug/vend"
}

start_server() {
  home="$(mktemp -d)"
  trap stop_server EXIT
  (
    cd "$home"
    export VEND_SERVER__LISTEN="${VEND_SERVER__LISTEN:-127.0.0.1:0}"
    export VEND_SIMULATOR__ACCOUNT_SECONDS="${VEND_SIMULATOR__ACCOUNT_SECONDS:-1}"
    export VEND_SIMULATOR__BLUEPRINT_SECONDS="${VEND_SIMULATOR__BLUEPRINT_SECONDS:-1}"
    export VEND_FACTORY__POLL_SECONDS=1
    exec "$vend" serve >"$home/stdout" 2>"$home/stderr"
  ) &
  server=$!
  for _ in $(seq 100); do
    url="$(sed -n 's/^listening on //p' "$home/stdout" 2>/dev/null || true)"
    [ -n "$url" ] && return 0
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  echo "the server did not start:" >&2
  cat "$home/stderr" >&2
  return 1
}

stop_server() {
  local code=$?
  if [ -n "${server:-}" ]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    server=
  fi
  if [ "$code" -ne 0 ] && [ -s "${home:-}/stderr" ]; then
    echo "the server's log ends:" >&2
    tail -20 "$home/stderr" >&2
  fi
  rm -rf "${home:-}"
}
