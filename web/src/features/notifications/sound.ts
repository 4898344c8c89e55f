/**
 * The sound of a message: two soft tones, made by the browser, so that no file has to be loaded.
 */

/** Several messages at once sound like one. */
const PAUSE_MS = 1_500;

let context: AudioContext | undefined;
let soundedAt = -Infinity;

/** Plays it, unless it has just been played. Browsers stay silent on a page that nobody has pressed anything on. */
export function playMessageSound(): void {
  const now = performance.now();
  if (now - soundedAt < PAUSE_MS || !("AudioContext" in globalThis) || !navigator.userActivation.hasBeenActive) return;
  soundedAt = now;
  context ??= new AudioContext();
  const { currentTime } = context;
  // Resuming is refused where nobody has pressed anything: then this message has no sound.
  context.resume().catch(() => undefined);
  tone(context, 660, currentTime);
  tone(context, 880, currentTime + 0.09);
}

function tone(audio: AudioContext, frequency: number, at: number): void {
  const oscillator = new OscillatorNode(audio, { type: "sine", frequency });
  const gain = new GainNode(audio, { gain: 0 });
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(0.12, at + 0.012);
  gain.gain.exponentialRampToValueAtTime(0.001, at + 0.22);
  oscillator.connect(gain).connect(audio.destination);
  oscillator.start(at);
  oscillator.stop(at + 0.24);
}
