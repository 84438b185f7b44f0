import { Environment, parse } from '@marcbachmann/cel-js';
import { registerLists } from './library-lists.ts';
import { registerNetwork } from './library-network.ts';
import { registerOptionals } from './library-optionals.ts';
import { registerQuantities } from './library-quantities.ts';
import { registerStrings } from './library-strings.ts';

let base: Environment | undefined;

/** An environment of its own with all that Kubernetes adds to the language; variables and types are the caller's to declare. */
export function kubernetesEnvironment(): Environment {
  return (base ??= makeBase()).clone();
}

function makeBase(): Environment {
  const environment = new Environment({
    enableOptionalTypes: true,
    homogeneousAggregateLiterals: false,
    limits: { maxAstNodes: 20_000, maxDepth: 250, maxListElements: 10_000, maxMapEntries: 10_000, maxCallArguments: 32 },
  });
  registerLists(environment);
  registerStrings(environment);
  registerQuantities(environment);
  registerNetwork(environment);
  registerOptionals(environment);
  return environment;
}

const toDuration = parse('duration(text)');

/** A length of time (`1h30m`) as expressions handle it. Throws an Error for any other text. */
export function celDuration(text: string): unknown {
  return toDuration({ text });
}
