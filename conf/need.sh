#!/usr/bin/env bash
# What the machine itself must have: `need.sh java` (Java 17 or 21, or it stops), `need.sh postgres` (for make drills; the
# same) and `need.sh browser` (Chromium, for the tests of the report, which are skipped without it). Says the one line that
# installs it; as root on Debian it offers to.
set -euo pipefail

has_java() { case "$("${JAVA_HOME:+$JAVA_HOME/bin/}java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p')" in 17 | 21) ;; *) false ;; esac; }
has_browser() { command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || [ -d "/Applications/Google Chrome.app" ]; }
has_postgres() { PATH="$PATH:$(echo /usr/lib/postgresql/*/bin | tr ' ' :)" command -v initdb >/dev/null; }

case "$1" in
java)
    what="Java 17 or 21" get="install Java 17 or 21 and set JAVA_HOME to it"
    brew="brew install openjdk@17 && export JAVA_HOME=\$(brew --prefix openjdk@17)/libexec/openjdk.jdk/Contents/Home"
    apt="apt-get install -y openjdk-17-jre-headless || apt-get install -y openjdk-21-jre-headless"
    dnf="dnf install -y java-21-openjdk-headless" ;;
postgres)
    what="PostgreSQL" get="install PostgreSQL and put its initdb and pg_ctl on PATH" brew="brew install postgresql@17"
    apt="apt-get install -y postgresql" dnf="dnf install -y postgresql-server" ;;
browser)
    what="Chromium" get="install Chromium or Chrome" brew="brew install --cask google-chrome"
    apt="apt-get install -y chromium" dnf="dnf install -y chromium" ;;
esac

if "has_$1"; then exit 0; fi
answer=n
if [ "$(uname)" = Darwin ]; then
    get=$brew
elif command -v apt-get >/dev/null; then
    get="apt-get update && $apt"
    if [ "$(id -u)" != 0 ]; then
        get="sudo sh -c '$get'"
    elif [ "${CI:-}" = true ]; then
        answer=y
    elif [ -t 0 ]; then
        read -r -p "$what is missing.  $get  Now? [y/N] " answer
    fi
    case "$answer" in [yY]*) sh -c "$get" >&2 || true ;; esac
elif command -v dnf >/dev/null; then
    get="sudo $dnf"
fi
if "has_$1"; then exit 0; fi
echo "$what is missing:  $get" >&2
[ "$1" = browser ]
