import type { Container, Pod } from '#api/generated/core-v1.ts';

function ruleMatches(exitCode: number, operator: string | undefined, values: readonly number[]): boolean {
  return operator === 'NotIn' ? !values.includes(exitCode) : values.includes(exitCode);
}

/** Whether a container that ended with this code is to run again: by its own rules, its own policy, or the pod's. */
export function restartsAfter(pod: Pod, container: Container, exitCode: number): boolean {
  for (const { action, exitCodes } of container.restartPolicyRules ?? []) {
    if (exitCodes !== undefined && ruleMatches(exitCode, exitCodes.operator, exitCodes.values ?? []))
      return action === 'Restart' || action === 'RestartAllContainers';
  }
  const policy = container.restartPolicy ?? pod.spec.restartPolicy ?? 'Always';
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}
