import type { Architecture } from '../architecture.ts';

/** The signals it waits for, as the kernel's 64-bit set: bit N-1 stands for signal N. */
export const SIGNALS = { SIGINT: 2, SIGTERM: 15, SIGCHLD: 17 } as const;

/**
 * What a pod's first process does, in the kernel's terms:
 *
 *     rt_sigprocmask(SIG_BLOCK, &set)        so that they wait for us; PID 1 would otherwise lose them
 *     wait: signal = rt_sigtimedwait(&set)
 *           if signal == SIGCHLD: do wait4(-1, WNOHANG) while it reaps one; go to wait
 *           if it is an error (EINTR): go to wait
 *           exit(0)
 *     set:  the 64-bit signal set follows the code
 */
export const MACHINE_CODE: Readonly<Record<Architecture, Buffer>> = {
  amd64: bytes(
    'b8 0e 00 00 00', //        mov  eax, 14          rt_sigprocmask(
    '31 ff', //                 xor  edi, edi           SIG_BLOCK,
    '48 8d 35 52 00 00 00', //  lea  rsi, [rip+0x52]    set,
    '31 d2', //                 xor  edx, edx           no old set,
    '41 ba 08 00 00 00', //     mov  r10d, 8            8 bytes)
    '0f 05', //                 syscall
    // wait, at 0x18:
    'b8 80 00 00 00', //        mov  eax, 128         rt_sigtimedwait(
    '48 8d 3d 3c 00 00 00', //  lea  rdi, [rip+0x3c]    set,
    '31 f6', //                 xor  esi, esi           no details,
    '31 d2', //                 xor  edx, edx           for ever,
    '41 ba 08 00 00 00', //     mov  r10d, 8            8 bytes)
    '0f 05', //                 syscall
    '83 f8 11', //              cmp  eax, 17          SIGCHLD:
    '74 0d', //                 je   reap
    '85 c0', //                 test eax, eax         an error:
    '78 df', //                 js   wait
    '31 ff', //                 xor  edi, edi
    'b8 3c 00 00 00', //        mov  eax, 60          exit(0)
    '0f 05', //                 syscall
    // reap, at 0x42:
    'b8 3d 00 00 00', //        mov  eax, 61          wait4(
    '83 cf ff', //              or   edi, -1            any child,
    '31 f6', //                 xor  esi, esi           no status,
    'ba 01 00 00 00', //        mov  edx, 1             WNOHANG,
    '45 31 d2', //              xor  r10d, r10d         no usage)
    '0f 05', //                 syscall
    '85 c0', //                 test eax, eax
    '7f e8', //                 jg   reap
    'eb bc', //                 jmp  wait
    '0f 1f 40 00', //           nop                   to a multiple of 8
  ),
  arm64: words(
    0xd28010e8, // mov  x8, #135      rt_sigprocmask(
    0xd2800000, // mov  x0, #0          SIG_BLOCK,
    0x10000341, // adr  x1, set         set,
    0xd2800002, // mov  x2, #0          no old set,
    0xd2800103, // mov  x3, #8          8 bytes)
    0xd4000001, // svc  #0
    // wait, at 0x18:
    0xd2801128, // mov  x8, #137      rt_sigtimedwait(
    0x100002a0, // adr  x0, set         set,
    0xd2800001, // mov  x1, #0          no details,
    0xd2800002, // mov  x2, #0          for ever,
    0xd2800103, // mov  x3, #8          8 bytes)
    0xd4000001, // svc  #0
    0x7100441f, // cmp  w0, #17       SIGCHLD:
    0x540000a0, // b.eq reap
    0x37ffff00, // tbnz w0, #31, wait an error:
    0xd2800ba8, // mov  x8, #93       exit(0)
    0xd2800000, // mov  x0, #0
    0xd4000001, // svc  #0
    // reap, at 0x48:
    0xd2802088, // mov  x8, #260      wait4(
    0x92800000, // mov  x0, #-1         any child,
    0xd2800001, // mov  x1, #0          no status,
    0xd2800022, // mov  x2, #1          WNOHANG,
    0xd2800003, // mov  x3, #0          no usage)
    0xd4000001, // svc  #0
    0x7100001f, // cmp  w0, #0
    0x54ffff2c, // b.gt reap
    0x17ffffec, // b    wait
    0xd503201f, // nop                to a multiple of 8
  ),
};

function bytes(...lines: string[]): Buffer {
  return Buffer.from(lines.join('').replaceAll(' ', ''), 'hex');
}

function words(...instructions: number[]): Buffer {
  const code = Buffer.alloc(4 * instructions.length);
  instructions.forEach((instruction, index) => code.writeUInt32LE(instruction, 4 * index));
  return code;
}
