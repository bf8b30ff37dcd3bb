#!/usr/bin/env python3
"""Recordings of substrates that know something of their drive and of substrates that do not: those of the protocol that decides whether a substrate
computes (white noise, drift, random walk, answers to the present input, an encoder that mixes steps; poles, ladders, delay rings), and the other effects that
`settle --blind` looks for. It shares no line with the twin. Standard library only; docs/settle.md has what came of it.

    python3 scripts/protocol-recordings.py --seed 1 --count 100 --out DIR --key KEY.json

DIR gets NAME.nonces.csv and NAME.drive.csv; KEY.json, which must not stand beside them, says what is in each. Sealed, it is opened by `settle score`:

    node --import tsx scripts/seal-recordings.ts --key KEY.json --secret "a long secret" DIR
"""
import argparse
import json
import math
import os
import random

NULLS = ("white", "ar", "walk", "tanh", "tanh drift", "encoder leak")
MEMORIES = ("pole", "ring", "ladder", "squared")
EFFECTS = MEMORIES + ("line", "rate line", "difficulty", "cores", "precursor", "neighbours")
STRENGTHS = {
    "pole": (0.1, 0.15, 0.2, 0.3),
    "ring": (0.1, 0.15, 0.2, 0.3),
    "ladder": (0.15, 0.2, 0.3),
    "squared": (0.2, 0.3),
    "line": (0.15, 0.25),
    "rate line": (0.25, 0.4),
    "difficulty": (0.1, 0.15),
    "cores": (0.25, 0.35),
    "precursor": (0.5, 0.7),
    "neighbours": (0.3, 0.45),
}


def standard(values):
    mean = sum(values) / len(values)
    size = math.sqrt(sum((v - mean) ** 2 for v in values) / len(values)) or 1.0
    return [(v - mean) / size for v in values]


def through_pole(u, tau):
    a, state, out = math.exp(-1 / tau), 0.0, []
    for one in u:
        out.append(state)
        state = a * state + (1 - a) * one
    return out


def memory_of(kind, v, rng):
    """What each step knows of the steps before it, mean 0 and variance 1."""
    if kind == "pole":
        return standard(through_pole(v, rng.choice((0.3, 1.0, 3.0, 10.0))))
    if kind == "ring":
        lag = rng.randint(1, 8)
        return standard([0.0] * lag + v[:-lag])
    if kind == "ladder":
        states = v
        for _ in range(rng.randint(2, 4)):
            states = through_pole(states, 1.0)
        return standard(states)
    lag = rng.randint(1, 3)
    return standard([0.0] * lag + [x * x for x in v][:-lag])


def noise_of(kind, count, rng):
    """Of the steps: added to noise of single answers of variance 1."""
    if kind == "ar":
        out, state = [], rng.gauss(0, 1)
        for _ in range(count):
            state = 0.99 * state + math.sqrt(1 - 0.99**2) * rng.gauss(0, 1)
            out.append(0.7 * state)
        return out
    if kind == "walk":
        out, state = [], 0.0
        for _ in range(count):
            state += rng.gauss(0, 1) / math.sqrt(count)
            out.append(1.5 * state)
        return out
    return [0.0] * count


def recording(rng, effect, strength):
    null = rng.choice(NULLS)
    chips = rng.randint(4, 8) if effect == "neighbours" else rng.choice((1, 1, 1, 2, 4))
    step_s = rng.choice((0.25, 0.5, 1.0))
    steps = rng.choice((120, 240, 400))
    if effect == "neighbours":
        steps, step_s = 240, 0.5
    per_step = rng.choice((10, 20, 40))
    rate = max(per_step / step_s, 25.0 * chips if effect == "neighbours" else 25.0)
    seconds = steps * step_s
    asked = [rng.random() for _ in range(steps)]
    told = asked
    if null == "encoder leak":
        told = [0.7 * asked[i] + 0.3 * asked[max(0, i - 1)] for i in range(steps)]
    v = [4 * one - 2 for one in told]
    memory = memory_of(effect, v, rng) if effect in MEMORIES else None
    slow = noise_of(null, steps, rng)
    direct = 0.0 if null in ("white", "ar", "walk") else rng.choice((0.3, 1.0, 3.0))
    hz, phase = rng.uniform(0.8, 9), rng.uniform(0, 2 * math.pi)
    if effect == "line" or effect == "rate line":
        while abs(hz * step_s - round(hz * step_s)) < 0.06:
            hz = rng.uniform(0.8, 9)
    tick_ns = rng.choice((1, 1, 1000, 10000))
    dead_s = rng.choice((0.0, 0.0, 0.01))
    drift = rng.choice((0.0, 0.0, 0.2, 0.5))
    swings = rng.choice((0.0, 0.0, 0.3))
    offsets = [[rng.gauss(0, 1) for _ in range(64)] for _ in range(chips)]
    own = [rng.gauss(0, 2) for _ in range(chips)]
    rails = [[rng.gauss(0, 1) for _ in range(int(seconds) + 2)] for _ in range(chips + 1)]
    alone = [[rng.gauss(0, 1) for _ in range(int(seconds) + 2)] for _ in range(chips)]
    sign = [0.0] * chips
    rows, t, number = [], 0.0, 0
    while True:
        t += rng.expovariate(2.2 * rate)
        if t >= seconds:
            break
        step = min(steps - 1, int(t / step_s))
        here = 1 + drift * (t / seconds - 0.5) + swings * math.sin(2 * math.pi * t / 27)
        if effect == "rate line":
            here *= 1 + strength * math.sin(2 * math.pi * hz * t + phase)
        if rng.random() > here / 2.2 or t % step_s < dead_s:
            continue
        chip, core = rng.randrange(chips), rng.randrange(48)
        bits = 8 - math.log2(1 - rng.random())
        if effect == "precursor" and rng.random() < 0.5:
            top = rng.random() < 0.25 * (1 + strength * (1 if sign[chip] > 0 else -1))
            bits = 10 - math.log2(1 - rng.random()) if top else 8 - math.log2(1 - 0.75 * rng.random())
        one = rng.gauss(0, 1)
        sign[chip] = one
        signal = None
        if memory is not None:
            signal = memory[step]
        elif effect == "line":
            signal = math.sqrt(2) * math.sin(2 * math.pi * hz * t + phase)
        elif effect == "difficulty":
            signal = (bits - 8) * math.log(2) - 1
        elif effect == "cores":
            signal = offsets[chip][core]
        if signal is not None:
            one = strength * signal + math.sqrt(1 - strength**2) * one
        if effect == "neighbours":
            second = int(t)
            near = (rails[chip][second] + rails[chip + 1][second]) / math.sqrt(2)
            one += math.sqrt(2 * strength) * near + math.sqrt(1 - 2 * strength) * alone[chip][second]
        one += slow[step] + direct * math.tanh(v[step]) + own[chip]
        if null == "tanh drift":
            one += 2 * t / seconds
        residual = tick_ns * round((5e4 + 1e4 * one) / tick_ns)
        number += 1
        rows.append((t, residual, chip, core, bits, "%08x" % rng.getrandbits(32), step))
    began = 1768000000
    form = rng.randrange(3)
    if form == 0:
        head = "chip,residual_ns,t_ns,core,job,nonce,difficulty_log2"
        lines = ["%d,%d,%d,%d,%d,%s,%.4f" % (c, r, t * 1e9, k, j, n, b) for t, r, c, k, b, n, j in rows]
    elif form == 1:
        head = "timestamp;difficulty;residual_us;nonce;chip;core;job_id"
        lines = ["%.6f;%.3f;%.3f;%s;%d;%d;%d" % (began + t, 2**b, r / 1e3, n, c, k, j) for t, r, c, k, b, n, j in rows]
    else:
        head = "nonce\tcore\tchip\tdifficulty\tresidual_ns\ttime_us\tjob"
        lines = ["%s\t%d\t%d\t%.3f\t%d\t%d\t%d" % (n, k, c, 2**b, r, t * 1e6, j) for t, r, c, k, b, n, j in rows]
    zero = began if form == 1 else 0
    drive = ["t_s,u,mhz"] + ["%.6f,%.6f,%.4f" % (zero + i * step_s, asked[i], 400 + 100 * told[i]) for i in range(steps)]
    about = {"substrate": null, "answers": len(rows), "steps": steps, "chips": chips, "direct": direct, "tick_ns": tick_ns}
    return "\n".join([head] + lines) + "\n", "\n".join(drive) + "\n", about


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--null-share", type=float, default=0.5)
    parser.add_argument("--out", required=True)
    parser.add_argument("--key", required=True)
    args = parser.parse_args()
    if os.path.dirname(os.path.abspath(args.key)) == os.path.abspath(args.out):
        parser.error("the key would stand beside the recordings: name another folder")
    os.makedirs(args.out)
    rng = random.Random("section 5 recordings %d" % args.seed)
    nulls = round(args.count * args.null_share)
    whole = [None] * nulls + [EFFECTS[i % len(EFFECTS)] for i in range(args.count - nulls)]
    rng.shuffle(whole)
    key = []
    for i, effect in enumerate(whole):
        strength = rng.choice(STRENGTHS[effect]) if effect else 0
        nonces, drive, about = recording(random.Random("%d %d" % (args.seed, i)), effect, strength)
        name = "run-%03d" % (i + 1)
        with open(os.path.join(args.out, name + ".nonces.csv"), "w") as file:
            file.write(nonces)
        with open(os.path.join(args.out, name + ".drive.csv"), "w") as file:
            file.write(drive)
        key.append(dict(recording=name, planted=effect is not None, effect=effect or "nothing", kind=effect or about["substrate"],
                        strength=strength, parameter=0, **about))
    with open(args.key, "w") as file:
        json.dump({"software": "section 5 recordings", "effect": "all", "recordings": key}, file, indent=1)


if __name__ == "__main__":
    main()
