import { PATH, tags, type Recipe } from './recipe.ts';

const MAIN = `user  nginx;
worker_processes  auto;

error_log  /var/log/nginx/error.log notice;
pid        /run/nginx.pid;

events {
    worker_connections  1024;
}

http {
    include       /etc/nginx/mime.types;
    default_type  application/octet-stream;

    log_format  main  '$remote_addr - $remote_user [$time_local] "$request" '
                      '$status $body_bytes_sent "$http_referer" '
                      '"$http_user_agent" "$http_x_forwarded_for"';
    access_log  /var/log/nginx/access.log  main;

    sendfile        on;
    keepalive_timeout  65;

    include /etc/nginx/conf.d/*.conf;
}
`;

const SITE = `server {
    listen       80;
    listen  [::]:80;
    server_name  localhost;

    location / {
        root   /usr/share/nginx/html;
        index  index.html index.htm;
    }

    error_page   500 502 503 504  /50x.html;
    location = /50x.html {
        root   /usr/share/nginx/html;
    }
}
`;

/** Runs what /docker-entrypoint.d holds first, as users of the official image may rely on, and lets IPv6 go where the kernel has none. */
const ENTRYPOINT = `#!/bin/sh
set -e
case "$1" in
nginx | nginx-debug)
    if [ ! -e /proc/net/if_inet6 ]; then
        sed -i '/listen *\\[::\\]:80;/d' /etc/nginx/conf.d/default.conf 2>/dev/null || true
    fi
    for script in /docker-entrypoint.d/*; do
        case "$script" in
        *.envsh) [ -x "$script" ] && . "$script" ;;
        *.sh) [ -x "$script" ] && "$script" ;;
        esac
    done
    ;;
esac
exec "$@"
`;

export const nginx: Recipe = {
  repository: 'docker.io/library/nginx',
  tags: tags('latest|stable|mainline|1(\\.(\\d|[12]\\d|3[01])(\\.\\d{1,2})?)?', 'alpine|alpine-slim|alpine-perl|perl|otel'),
  packages: ['nginx', 'nginx-common', 'curl', 'ca-certificates'],
  without: /^lib(bpf|elf|mnl|xtables|tirpc|bsd)/,
  shell: true,
  users: [{ name: 'nginx', id: 101, home: '/nonexistent', shell: '/bin/false' }],
  remove: [
    'etc/nginx/sites-available',
    'etc/nginx/sites-enabled',
    'etc/nginx/modules-available',
    'etc/nginx/modules-enabled',
    'etc/nginx/snippets',
    'var/www',
  ],
  directories: { 'docker-entrypoint.d': 0o755, 'var/cache/nginx': 0o755, 'var/lib/nginx': 0o755 },
  files: {
    'etc/nginx/nginx.conf': MAIN,
    'etc/nginx/conf.d/default.conf': SITE,
    'usr/share/nginx/html/50x.html':
      '<!DOCTYPE html>\n<html>\n<head>\n<title>Error</title>\n</head>\n<body>\n<h1>An error occurred.</h1>\n</body>\n</html>\n',
    'docker-entrypoint.sh': ENTRYPOINT,
  },
  links: { 'var/log/nginx/access.log': '/dev/stdout', 'var/log/nginx/error.log': '/dev/stderr' },
  config: (versions) => ({
    Env: [PATH, `NGINX_VERSION=${versions.get('nginx')}`],
    Entrypoint: ['/docker-entrypoint.sh'],
    Cmd: ['nginx', '-g', 'daemon off;'],
    ExposedPorts: { '80/tcp': {} },
    StopSignal: 'SIGQUIT',
  }),
};
