#!/bin/sh
# Makes a checkout ready to run: npm packages installed, dist/ built. Does nothing where both are up to date.
# `checkout.sh build` builds in any case.
set -eu
cd "$(dirname "$0")/.."

# `npm run -s` asks for silence.
say() {
  [ "${npm_config_loglevel:-}" = silent ] || echo "fingerpost: $*" >&2
}

# `npm install` rather than `npm ci`: quick where little is missing. It must not rewrite the lock file.
install() {
  say 'installing npm packages'
  npm install --no-save --no-audit --no-fund --loglevel=error >/dev/null
  # A new file: node_modules may be hard links to those of another checkout.
  rm -f "$installed"
  cp package-lock.json "$installed"
}

# Beside the old one and then in its place, so that nobody meets a half-written dist/.
build() {
  say 'building'
  new=node_modules/.cache/fingerpost-dist-$$
  mkdir -p "$new"
  touch "$new/.built"
  node_modules/.bin/tsc -p src --outDir "$new" >&2
  # The page is for browsers: another library of types, and files that are no scripts.
  node_modules/.bin/tsc -p src/page --noEmit false --outDir "$new" >&2
  cp src/page/*.html src/page/*.css src/page/*.svg "$new/page/"
  chmod +x "$new/cli/main.js"
  rm -rf dist
  mv -T "$new" dist 2>/dev/null || rm -rf "$new" # another build was quicker
}

is_built() {
  [ -f dist/.built ] && [ -z "$(find src package.json package-lock.json tsconfig.json -newer dist/.built)" ]
}

installed=node_modules/.fingerpost-package-lock.json
[ -x node_modules/.bin/node ] && cmp -s package-lock.json "$installed" || install
# The build and the program need the Node that was installed just now, whichever called us.
PATH=$PWD/node_modules/.bin:$PATH
[ "${1:-}" != build ] && is_built || build
