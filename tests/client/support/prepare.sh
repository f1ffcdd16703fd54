# Sourced by the scripts beside: the npm packages, and the conformance server's path in CONFORMANCE.

# The pinned versions, and not those that an earlier checkout left here.
if ! cmp -s package-lock.json node_modules/.installed; then
  echo 'installing the npm packages of the client tests'
  npm ci --no-audit --no-fund --loglevel=error
  cp package-lock.json node_modules/.installed
fi

if [[ -z ${CONFORMANCE:-} ]]; then
  root=$(cd ../.. && pwd)
  cargo build --quiet --locked --release --manifest-path "$root/Cargo.toml" -p conformance
  CONFORMANCE=${CARGO_TARGET_DIR:-$root/target}/release/conformance
fi
export CONFORMANCE
