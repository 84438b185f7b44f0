import type { TarEntry } from '../tar/index.ts';
import { FileTree } from '../file-tree.ts';
import type { Recipe, User } from '../recipes/index.ts';

const MERGED = ['bin', 'sbin', 'lib', 'lib64'];
const FOLDERS = [
  'dev',
  'etc',
  'home',
  'mnt',
  'opt',
  'proc',
  'root',
  'run',
  'srv',
  'sys',
  'tmp',
  'usr/bin',
  'usr/sbin',
  'usr/lib',
  'usr/lib64',
  'usr/local/bin',
  'var/log',
  'var/tmp',
];

/** Parts of packages that a container has no use for. */
const SUPERFLUOUS = [
  'usr/share/doc',
  'usr/share/man',
  'usr/share/locale',
  'usr/share/lintian',
  'usr/share/info',
  'usr/share/bug',
  'usr/share/bash-completion',
  'usr/share/zsh',
  'usr/lib/systemd',
  'usr/lib/udev',
  'usr/share/initramfs-tools',
  'etc/init.d',
  'etc/cron.d',
  'etc/cron.daily',
  'etc/logrotate.d',
  'etc/ufw',
];
const SUPERFLUOUS_NAMES = /^usr\/lib\/[^/]+\/(gconv|krb5|audit)\//;

/** An empty root: the usual folders, with `bin`, `sbin`, `lib` and `lib64` as links into `usr`. */
export function emptyRoot(): FileTree {
  const tree = new FileTree();
  for (const path of FOLDERS) tree.addDirectory(path, path.endsWith('tmp') ? 0o1777 : 0o755);
  for (const path of MERGED) tree.addLink(path, `usr/${path}`);
  return tree;
}

/** The files of packages, put together as the recipe says. */
export function rootFileSystem(recipe: Recipe, packages: readonly (readonly TarEntry[])[]): FileTree {
  const tree = emptyRoot();
  // Folders of the recipe come before links in packages that would lead elsewhere.
  for (const entries of packages) for (const entry of entries) if (entry.type !== 'hardlink') tree.add(entry);
  for (const entries of packages) for (const entry of entries) if (entry.type === 'hardlink') tree.add(entry);
  for (const path of [...SUPERFLUOUS, ...(recipe.remove ?? [])]) tree.remove(path);
  for (const { path } of tree.entries()) if (SUPERFLUOUS_NAMES.test(path)) tree.remove(path);
  addRecipeFiles(tree, recipe);
  addUsers(tree, recipe.users ?? []);
  return tree;
}

function addRecipeFiles(tree: FileTree, { directories = {}, files = {}, links = {} }: Recipe): void {
  for (const [path, mode] of Object.entries(directories)) tree.addDirectory(path, mode);
  for (const [path, content] of Object.entries(files)) tree.addFile(path, content, content.startsWith('#!') ? 0o755 : 0o644);
  for (const [path, target] of Object.entries(links)) tree.addLink(path, target);
}

function addUsers(tree: FileTree, users: readonly User[]): void {
  const shell = tree.has('usr/bin/bash') ? '/bin/bash' : '/bin/sh';
  const all: User[] = [
    { name: 'root', id: 0, home: '/root', shell },
    { name: 'daemon', id: 1, home: '/usr/sbin' },
    ...users,
    { name: 'nobody', id: 65534, home: '/nonexistent' },
  ];
  const line = ({ name, id, home, shell: program = '/usr/sbin/nologin' }: User): string =>
    `${name}:x:${id}:${id}:${name}:${home}:${program}\n`;
  tree.addFile('etc/passwd', all.map(line).join(''));
  tree.addFile('etc/group', all.map(({ name, id }) => `${id === 65534 ? 'nogroup' : name}:x:${id}:\n`).join(''));
  tree.addFile('etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n');
}
