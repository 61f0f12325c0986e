/** `${NAME}` in a secret of a file stands for an environment variable, so that the file itself need not be secret. */

export class MissingVariable extends Error {
  override name = 'MissingVariable';
  constructor(readonly variable: string) {
    super(`the environment has no ${variable}`);
  }
}

/** Throws MissingVariable. */
export const substituteEnvironment = (text: string, env: NodeJS.ProcessEnv): string =>
  text.replaceAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_reference, name: string) => {
    const value = env[name];
    if (value === undefined) throw new MissingVariable(name);
    return value;
  });
