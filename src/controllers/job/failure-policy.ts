import type { Job, PodFailurePolicyRule } from '#api/generated/batch-v1.ts';
import type { Pod } from '#api/generated/core-v1.ts';

export interface PolicyDecision {
  action: 'FailJob' | 'FailIndex' | 'Ignore' | 'Count';
  message: string;
}

/** What the first rule that fits says about a failed pod; `Count` when none does. */
export function applyFailurePolicy(job: Job, pod: Pod): PolicyDecision {
  const rules = job.spec.podFailurePolicy?.rules ?? [];
  for (const [index, rule] of rules.entries()) {
    const why = whyItFits(rule, pod);
    if (why) return { action: rule.action as PolicyDecision['action'], message: `${why} matching ${rule.action} rule at index ${index}` };
  }
  return { action: 'Count', message: '' };
}

function whyItFits(rule: PodFailurePolicyRule, pod: Pod): string | undefined {
  const { namespace, name } = pod.metadata;
  if (rule.onExitCodes) {
    const { containerName, operator, values } = rule.onExitCodes;
    for (const status of [...(pod.status.containerStatuses ?? []), ...(pod.status.initContainerStatuses ?? [])]) {
      const code = status.state?.terminated?.exitCode;
      if (code === undefined || code === 0 || (containerName && containerName !== status.name)) continue;
      if (values.includes(code) === (operator === 'In'))
        return `Container ${status.name} for pod ${namespace}/${name} failed with exit code ${code}`;
    }
    return undefined;
  }
  for (const pattern of rule.onPodConditions ?? []) {
    const condition = pod.status.conditions?.find(({ type }) => type === pattern.type);
    if (condition?.status === pattern.status) return `Pod ${namespace}/${name} has condition ${condition.type}`;
  }
  return undefined;
}
