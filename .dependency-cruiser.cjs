// kernel <- engine <- privacy <- presence, typing <- transports <- boot, app.module
const TESTS = '\\.spec\\.ts$|\\.fixture\\.mjs$|^test/';
const OURS = '^src/';

/** What a folder may import besides its own files; everything else of ours is an error. */
const layer = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from, pathNot: TESTS },
  to: { path: OURS, pathNot: [from, ...allowed] },
});

const KERNEL = '^src/kernel/';
const ENGINE = '^src/engine/engine\\.ts$';

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'A cycle breaks at load: emitted metadata asks for classes too early.',
      severity: 'error',
      from: { pathNot: TESTS },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    layer('kernel-leans-on-nothing', '^src/kernel/', [], 'The kernel knows no feature, no engine and no wire.'),
    layer('engine-knows-the-kernel-only', '^src/engine/', [KERNEL], 'What is true for a while knows no feature.'),
    layer(
      'privacy-before-features',
      '^src/privacy/',
      [KERNEL, ENGINE],
      'Verdicts know nothing of what they are about.',
    ),
    layer(
      'presence-and-typing-apart',
      '^src/presence/',
      [KERNEL, ENGINE, '^src/privacy/privacy\\.(service|types|module|rules|graphql)\\.ts$'],
      'Features meet in privacy, by its face.',
    ),
    layer(
      'typing-and-presence-apart',
      '^src/typing/',
      [KERNEL, ENGINE, '^src/privacy/privacy\\.(service|types|module|rules|graphql)\\.ts$'],
      'Features meet in privacy, by its face.',
    ),
    layer(
      'transports-see-faces',
      '^src/transports/',
      [KERNEL, '^src/(presence|typing|privacy)/\\w+\\.(module|service|feed|types|graphql|resolver)\\.ts$'],
      'A wire takes services, feeds and types; never entities, repositories, rules or the engine.',
    ),
    {
      name: 'wires-apart',
      comment: 'A wire can be deleted without touching another.',
      severity: 'error',
      from: { path: '^src/transports/([^/]+)/', pathNot: TESTS },
      to: { path: '^src/transports/[^/]+/', pathNot: '^src/transports/$1/' },
    },
    {
      name: 'nobody-imports-the-roof',
      comment: 'app.module and boot put everything together; nothing leans on them.',
      severity: 'error',
      from: { path: OURS, pathNot: [TESTS, '^src/(boot/|main\\.ts$|migrate\\.ts$|app\\.module\\.ts$)'] },
      to: { path: '^src/(boot/|main\\.ts$|app\\.module\\.ts$)' },
    },
    {
      name: 'rules-are-pure',
      comment: 'Rules and types import types and each other: no framework, no clock, no I/O.',
      severity: 'error',
      from: { path: '\\.(rules|types)\\.ts$', pathNot: ['^src/kernel/config/setting\\.rules\\.ts$', TESTS] },
      to: {
        pathNot: '\\.(rules|types)\\.ts$|^src/kernel/(errors|caller|input)\\.ts$',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'tests-stay-outside',
      comment: 'What is shipped never needs a test.',
      severity: 'error',
      from: { path: OURS, pathNot: TESTS },
      to: { path: TESTS },
    },
  ],
  options: {
    tsPreCompilationDeps: 'specify',
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.mjs', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};
