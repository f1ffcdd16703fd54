# Sourced by the scripts beside: the npm packages, the conformance server's path in CONFORMANCE, and that of
# the hostile proxy in HOSTILE.

# The pinned versions, and not those that an earlier checkout left here.
if ! cmp -s package-lock.json node_modules/.installed; then
  echo 'installing the npm packages of the client tests'
  npm ci --no-audit --no-fund --loglevel=error
  cp package-lock.json node_modules/.installed
fi

# Both in one go, or what they share would be built twice.
packages=()
[[ -n ${CONFORMANCE:-} ]] || packages+=(-p conformance)
[[ -n ${HOSTILE:-} ]] || packages+=(-p encke-hostile)
root=$(cd ../.. && pwd)
if (( ${#packages[@]} > 0 )); then
  cargo build --quiet --locked --release --manifest-path "$root/Cargo.toml" "${packages[@]}"
fi
built=${CARGO_TARGET_DIR:-$root/target}/release
export CONFORMANCE=${CONFORMANCE:-$built/conformance} HOSTILE=${HOSTILE:-$built/encke-hostile}
