import { test } from 'vitest';
import { eachKubectl } from '../each-kubectl.ts';

eachKubectl('rollout', (kubectl) => {
  test('scale sets the replicas, under a condition if one is given', async ({ expect }) => {
    const k = kubectl();
    await k.do('create deployment scaled --image=nginx');
    expect(await k.do('scale deployment scaled --replicas=3')).toBe('deployment.apps/scaled scaled');
    expect(await k.do('get deployment scaled -o jsonpath={.spec.replicas}')).toBe('3');
    expect(await k.refused('scale deployment scaled --current-replicas=2 --replicas=1')).toContain('Expected replicas to be 2, was 3');
    await k.do('wait --for=condition=Progressing deployment/scaled --timeout=20s');
    const pods = async (): Promise<number> => (await k.do('get pods -l app=scaled -o name')).split('\n').filter(Boolean).length;
    await expect.poll(pods, { timeout: 20_000 }).toBe(3);
    expect(await k.do('scale deployment scaled --replicas=0')).toBe('deployment.apps/scaled scaled');
    await expect.poll(pods, { timeout: 20_000 }).toBe(0);
  });

  test('history lists each revision, and undo leads back to one', async ({ expect }) => {
    const k = kubectl();
    await k.do('create deployment history --image=nginx:1.0');
    await k.do('wait --for=condition=Progressing deployment/history --timeout=20s');
    await k.do('set image deployment/history nginx=nginx:2.0');
    await k.do('annotate deployment history kubernetes.io/change-cause=better');
    const revisions = async (): Promise<string[]> =>
      (await k.do('rollout history deployment/history'))
        .split('\n')
        .filter((line) => /^\d/.test(line))
        .map((line) => line.replace(/\s+/, ' '));
    await expect.poll(revisions, { timeout: 20_000 }).toEqual(['1 <none>', '2 better']);
    expect(await k.do('rollout history deployment/history --revision=1')).toMatch(/Image:\s+nginx:1\.0/);
    expect(await k.do('rollout undo deployment/history')).toBe('deployment.apps/history rolled back');
    expect(await k.do('get deployment history -o jsonpath={.spec.template.spec.containers[0].image}')).toBe('nginx:1.0');
    await expect.poll(revisions, { timeout: 20_000 }).toEqual(['2 better', expect.stringMatching(/^3 /)]);
    expect(await k.do('rollout undo deployment/history --to-revision=2')).toBe('deployment.apps/history rolled back');
    expect(await k.do('get deployment history -o jsonpath={.spec.template.spec.containers[0].image}')).toBe('nginx:2.0');
    expect(await k.refused('rollout undo deployment/history --to-revision=99')).toBe(
      'error: unable to find specified revision 99 in history',
    );
  });

  test('set image --record keeps the command as the change cause', async ({ expect }) => {
    const k = kubectl();
    await k.do('create deployment recorded --image=nginx');
    expect(await k.do('set image deployment/recorded nginx=nginx:2 --record=true')).toBe('deployment.apps/recorded image updated');
    expect(
      await k.do(['get', 'deployment', 'recorded', '-o', String.raw`jsonpath={.metadata.annotations.kubernetes\.io/change-cause}`]),
    ).toMatch(/^kubectl\S* set image deployment\/recorded nginx=nginx:2 .*--record=true$/);
  });

  test('status tells how far a rollout is; pause, resume and restart say what they did', async ({ expect }) => {
    const k = kubectl();
    await k.do('create deployment status --image=nginx --replicas=2');
    await k.do('wait --for=condition=Progressing deployment/status --timeout=20s');
    await expect
      .poll(async () => await k.do('rollout status deployment/status --watch=false'), { timeout: 20_000 })
      .toBe('Waiting for deployment "status" rollout to finish: 0 of 2 updated replicas are available...');
    expect(await k.do('rollout pause deployment/status')).toBe('deployment.apps/status paused');
    expect(await k.refused('rollout restart deployment/status')).toContain("can't restart paused deployment");
    expect(await k.do('rollout resume deployment/status')).toBe('deployment.apps/status resumed');
    expect(await k.do('rollout restart deployment/status')).toBe('deployment.apps/status restarted');
    await expect.poll(async () => (await k.do('get replicasets -l app=status -o name')).split('\n').length, { timeout: 20_000 }).toBe(2);
  });

  test('deleting a deployment takes its pods along, unless they are to be orphans', async ({ expect }) => {
    const k = kubectl();
    const count = async (kind: string, app: string): Promise<number> =>
      (await k.do(`get ${kind} -l app=${app} -o name`)).split('\n').filter(Boolean).length;
    for (const app of ['cascade', 'orphan', 'foreground']) await k.do(`create deployment ${app} --image=nginx`);
    for (const app of ['cascade', 'orphan', 'foreground'])
      await expect.poll(async () => await count('pods', app), { timeout: 20_000 }).toBe(1);
    await k.do('delete deployment cascade');
    await k.do('delete deployment foreground --cascade=foreground');
    await k.do('delete deployment orphan --cascade=orphan');
    expect(await count('replicasets', 'foreground')).toBe(0);
    await expect.poll(async () => (await count('pods', 'cascade')) + (await count('replicasets', 'cascade')), { timeout: 20_000 }).toBe(0);
    expect(await count('pods', 'orphan')).toBe(1);
    await expect
      .poll(async () => await k.do('get replicasets -l app=orphan -o jsonpath={.items[*].metadata.ownerReferences}'), { timeout: 20_000 })
      .toBe('');
  });
});
