import { PATH, tags, type Recipe } from './recipe.ts';

const MODULES = [
  'mpm_event',
  'authn_file',
  'authn_core',
  'authz_host',
  'authz_user',
  'authz_core',
  'auth_basic',
  'access_compat',
  'reqtimeout',
  'filter',
  'mime',
  'env',
  'headers',
  'setenvif',
  'status',
  'autoindex',
  'dir',
  'alias',
  'rewrite',
  'proxy',
  'proxy_http',
];

const CONFIGURATION = `ServerRoot "/usr/local/apache2"
Listen 80
${MODULES.map((name) => `LoadModule ${name}_module modules/mod_${name}.so`).join('\n')}

User www-data
Group www-data
ServerAdmin you@example.com
ServerName localhost

<Directory />
    AllowOverride none
    Require all denied
</Directory>

DocumentRoot "/usr/local/apache2/htdocs"
<Directory "/usr/local/apache2/htdocs">
    Options Indexes FollowSymLinks
    AllowOverride None
    Require all granted
</Directory>
DirectoryIndex index.html
<Files ".ht*">
    Require all denied
</Files>

ErrorLog /proc/self/fd/2
LogLevel warn
LogFormat "%h %l %u %t \\"%r\\" %>s %b" common
CustomLog /proc/self/fd/1 common

ScriptAlias /cgi-bin/ "/usr/local/apache2/cgi-bin/"
<Directory "/usr/local/apache2/cgi-bin">
    AllowOverride None
    Options None
    Require all granted
</Directory>

TypesConfig conf/mime.types
PidFile logs/httpd.pid
DefaultRuntimeDir logs
`;

/** Debian's program has other paths built in: they are given with every start. */
const HTTPD = `#!/bin/sh
exec /usr/sbin/apache2 -d /usr/local/apache2 -f conf/httpd.conf "$@"
`;

const FOREGROUND = `#!/bin/sh
set -e
# A file that an earlier run left would keep it from starting.
rm -f /usr/local/apache2/logs/httpd.pid
exec httpd -DFOREGROUND "$@"
`;

export const httpd: Recipe = {
  repository: 'docker.io/library/httpd',
  tags: tags('latest|2(\\.4(\\.\\d{1,2})?)?', 'alpine'),
  packages: ['apache2-bin', 'media-types'],
  without:
    /^lib(icu|xml2|curl|ldap|sasl2|sqlite3|gnutls|gssapi|krb5|k5crypto|keyutils|com-err|p11|nettle|hogweed|idn2|unistring|tasn1|ssh2|rtmp|psl|nghttp|brotli|lua|ffi|stdc|jansson|aprutil1-|zstd|bz2|lzma)/,
  shell: true,
  users: [{ name: 'www-data', id: 33, home: '/var/www' }],
  directories: { 'usr/local/apache2/logs': 0o755, 'usr/local/apache2/cgi-bin': 0o755, 'usr/local/apache2/conf/extra': 0o755 },
  files: {
    'usr/local/apache2/conf/httpd.conf': CONFIGURATION,
    'usr/local/apache2/htdocs/index.html': '<html><body><h1>It works!</h1></body></html>\n',
    'usr/local/apache2/bin/httpd': HTTPD,
    'usr/local/bin/httpd-foreground': FOREGROUND,
  },
  links: { 'usr/local/apache2/modules': '/usr/lib/apache2/modules', 'usr/local/apache2/conf/mime.types': '/etc/mime.types' },
  config: (versions) => ({
    Env: [PATH.replace('=', '=/usr/local/apache2/bin:'), 'HTTPD_PREFIX=/usr/local/apache2', `HTTPD_VERSION=${versions.get('apache2-bin')}`],
    Cmd: ['httpd-foreground'],
    WorkingDir: '/usr/local/apache2',
    ExposedPorts: { '80/tcp': {} },
    StopSignal: 'SIGWINCH',
  }),
};
