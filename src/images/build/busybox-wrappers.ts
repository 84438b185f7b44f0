/** Debian's busybox is built without wget's timeout (and crashes when it is given one): timeout(1) stands in. */
export const WGET = `#!/bin/sh
limit= take= count=$#
while [ "$count" -gt 0 ]; do
    arg=$1
    shift
    count=$((count - 1))
    if [ "$take" = limit ]; then
        limit=$arg take=
        continue
    fi
    if [ "$take" = value ]; then
        set -- "$@" "$arg"
        take=
        continue
    fi
    case $arg in
    -T | --timeout) take=limit ;;
    --timeout=*) limit=\${arg#*=} ;;
    --tries=*) ;;
    -T*) limit=\${arg#-T} ;;
    -[qcS]T) set -- "$@" "\${arg%T}" && take=limit ;;
    -[qcS]T*) limit=\${arg#??T} && set -- "$@" "\${arg%%T*}" ;;
    --quiet) set -- "$@" -q ;;
    --server-response) set -- "$@" -S ;;
    --output-document=*) set -- "$@" -O "\${arg#*=}" ;;
    --output-document) set -- "$@" -O && take=value ;;
    -[OoPUY] | -[qcS][OoPUY] | --header | --post-data | --post-file) set -- "$@" "$arg" && take=value ;;
    *) set -- "$@" "$arg" ;;
    esac
done
[ "\${limit:-0}" = 0 ] && exec /bin/busybox wget "$@"
/bin/busybox timeout "$limit" /bin/busybox wget "$@"
code=$?
case $code in
124 | 143) echo "wget: download timed out" >&2 && exit 1 ;;
esac
exit $code
`;

/** The same build's nc cannot just look whether a port is open (-z), nor say so (-v). */
export const NC = `#!/bin/sh
zero= verbose= limit= take= count=$#
while [ "$count" -gt 0 ]; do
    arg=$1
    shift
    count=$((count - 1))
    if [ "$take" = limit ]; then
        limit=$arg take=
        continue
    fi
    case $arg in
    -w) take=limit ;;
    -w[0-9]*) limit=\${arg#-w} ;;
    -e) set -- "$@" "$arg" && break ;;
    -*[!zvnw]*) set -- "$@" "$arg" ;;
    -*)
        case $arg in *z*) zero=1 ;; esac
        case $arg in *v*) verbose=1 ;; esac
        case $arg in *w) take=limit ;; esac
        ;;
    *) set -- "$@" "$arg" ;;
    esac
done
# What follows -e is left in front: it goes behind the rest again.
while [ "$count" -gt 0 ]; do
    arg=$1
    shift
    count=$((count - 1))
    set -- "$@" "$arg"
done
[ -n "$limit" ] && set -- -w "$limit" "$@"
[ -z "$zero" ] && exec /bin/busybox nc "$@"
/bin/busybox nc "$@" -e true </dev/null
code=$?
for port do host=\${last:-} last=$port; done
[ "$code" = 0 ] && [ -n "$verbose" ] && echo "$host ($host:$port) open" >&2
exit $code
`;
