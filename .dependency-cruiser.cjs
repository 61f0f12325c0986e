// The arrows of the house (docs/architecture.md). A room may import only the rooms listed beside it.
const rooms = {
  lib: [],
  wire: ['lib'],
  domain: ['lib'],
  openflow: ['lib', 'wire'],
  drivers: ['lib', 'wire', 'openflow', 'domain'],
  store: ['lib', 'domain'],
  services: ['lib', 'domain'],
  ws: ['lib', 'wire', 'domain', 'services'],
  admin: ['lib', 'domain', 'services'],
  client: ['lib', 'wire'],
  coordinator: ['lib', 'wire', 'client'],
  cli: ['lib', 'wire', 'client', 'coordinator'],
  testbed: ['lib', 'wire', 'client', 'coordinator'],
  daemon: ['lib', 'wire', 'domain', 'openflow', 'drivers', 'store', 'services', 'ws', 'cli'],
};

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'not-to-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    { name: 'product-never-imports-tests', severity: 'error', from: { path: '^src' }, to: { path: '^test' } },
    { name: 'nobody-imports-main', severity: 'error', from: {}, to: { path: '^src/main\\.ts$' } },
    {
      name: 'only-main-starts-the-daemon',
      severity: 'error',
      from: { pathNot: '^src/(main\\.ts$|daemon/)' },
      to: { path: '^src/daemon/' },
    },
    {
      name: 'only-the-composition-names-concrete-parts',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(drivers|store|services|ws|daemon/composition\\.ts)' },
      to: { path: '^src/(drivers|services|ws)/' },
    },
    {
      name: 'pure-rooms-do-no-input-or-output',
      severity: 'error',
      from: { path: '^src/(domain|wire)/' },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|buffer|util|net)$' },
    },
    ...Object.entries(rooms).map(([room, allowed]) => ({
      name: `${room}-imports-only-its-neighbours`,
      severity: 'error',
      from: { path: `^src/${room}/` },
      to: { path: '^src/', pathNot: `^src/(${[room, ...allowed].join('|')})/` },
    })),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // TypeScript 7 has no compiler API that dependency-cruiser could use; swc reads type-only imports, too.
    parser: 'swc',
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    exclude: { path: '^(dist|node_modules)' },
  },
};
