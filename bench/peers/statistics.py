"""The timing statistics in numpy and scipy, one process, by the definitions of reservoir/statistics. One JSON request a line, one answer a line.

Requests name a verb and its arguments; the series are raw float64 files in the folder given as the first argument.
"""

import json
import sys
import time

import numpy as np
import scipy
from scipy import fft, special
from scipy.spatial import cKDTree
from scipy.spatial.distance import pdist

FOLDER = sys.argv[1]
SERIES = {}
RNG = np.random.default_rng(1)


def series(name):
    if name not in SERIES:
        SERIES[name] = np.fromfile(f"{FOLDER}/{name}.f64")
    return SERIES[name]


def cv(band):
    intervals = np.diff(series("times"))
    sizes, low, high = np.array(band).T
    n = len(intervals)
    at = n**-0.5
    scale = np.sqrt((n - 1) / n)
    return [
        intervals.std() / intervals.mean(),
        scale * (1 + np.interp(-at, -(sizes**-0.5), low) * at),
        scale * (1 + np.interp(-at, -(sizes**-0.5), high) * at),
    ]


def interval_statistics():
    i = np.diff(series("times"))
    mean = i.mean()
    a, b = i[:-1], i[1:]
    contrast = (b - a) / (a + b)
    x, y = a - a.mean(), b - b.mean()
    return [i.std() / mean, 3 * np.mean(contrast * contrast), 2 * np.mean(np.abs(contrast)), x @ y / np.sqrt((x @ x) * (y @ y))]


def dead_time():
    i = np.diff(series("times"))
    n, mean, least = len(i), i.mean(), i.min()
    scale = (mean - least) * n / (n - 1)
    dead = max(0.0, least - scale / n)
    return [dead, 1 / (mean - dead), scale / n]


def fano(windows, until):
    t = series("times")
    out = []
    for window in windows:
        counts = np.bincount((t / window).astype(np.int64))[: int(until / window)]
        mean = counts.mean()
        chi2 = ((counts - mean) ** 2).sum() / mean
        tail = special.chdtrc(len(counts) - 1, chi2)
        step = np.diff(counts)
        out += [chi2 / (len(counts) - 1), min(1.0, 2 * min(tail, 1 - tail)), (step @ step) / (len(counts) - 1) / (2 * mean)]
    return out


def allan(factors):
    x = series("phase")
    out = []
    for m in factors:
        d = x[2 * m :] - 2 * x[m:-m]
        d += x[: -2 * m]
        out.append(np.sqrt(d @ d / len(d) / 2) / m)
    return out


def exponential():
    x = np.diff(series("times"))
    x.sort()
    n, mean = len(x), x.mean()
    v = np.maximum(x, x[np.searchsorted(x, 0, side="right")] / 2) / mean
    cdf = -np.expm1(-v)
    i = np.arange(n)
    distance = max(((i + 1) / n - cdf).max(), (cdf - i / n).max())
    return [mean, distance, -n - ((2 * i + 1) @ np.log(cdf) - (2 * (n - 1 - i) + 1) @ v) / n]


def rayleigh(first, step, count):
    """One rotation an event and frequency, faster than a sine and a cosine."""
    t = series("times")
    z = np.exp(2j * np.pi * first * t)
    w = np.exp(2j * np.pi * step * t)
    power = np.empty(count)
    for k in range(count):
        total = z.sum()
        power[k] = 2 / len(t) * abs(total) ** 2
        z *= w
    return power[:: max(1, count // 8)].tolist()


def lomb_scargle(first, step, count):
    """By sines and cosines and BLAS dot products; scipy.signal.lombscargle takes three times as long for the same sums."""
    t, y = series("times"), series("values")
    n = len(t)
    y = y - y.mean()
    yy = y @ y / n
    power = np.empty(count)
    for k in range(count):
        angle = (2 * np.pi * (first + k * step)) * t
        c, s = np.cos(angle), np.sin(angle)
        cm, sm = c.sum() / n, s.sum() / n
        cc, ss, cs = c @ c / n - cm * cm, s @ s / n - sm * sm, c @ s / n - cm * sm
        yc, ys = y @ c / n, y @ s / n
        power[k] = (ss * yc * yc + cc * ys * ys - 2 * cs * yc * ys) / (yy * (cc * ss - cs * cs))
    return power.tolist()


def multitaper(tapers):
    x = series("values")
    n = len(x)
    x = x - x.mean()
    size = 1 << int(np.ceil(np.log2(2 * n)))
    angle = np.pi * np.arange(1, n + 1) / (n + 1)
    total, line, squares = 0, 0, 0
    for k in range(1, tapers + 1):
        taper = np.sqrt(2 / (n + 1)) * np.sin(k * angle)
        dc = taper.sum()
        y = fft.rfft(taper * x, size)
        total += y.real**2 + y.imag**2
        line += dc * y
        squares += dc * dc
    line = (line.real**2 + line.imag**2) / squares
    # I_x(a, 1) = x^a: the F test with 2 and 2 tapers - 2 degrees of freedom.
    p = ((total - line) / total) ** (tapers - 1)
    power = 2 / tapers * total
    return [*power[1 :: size // 16].tolist(), *p[1 :: size // 16].tolist()]


def ordinal(order):
    """Lehmer's code of the ranks by comparisons, several times as fast as sorting every window."""
    x = series("values")
    n = len(x) - order + 1
    code = np.zeros(n, dtype=np.int16)
    weight = 1
    for i in range(order - 2, -1, -1):
        weight *= order - 1 - i
        below = np.zeros(n, dtype=np.int16)
        for j in range(i + 1, order):
            below += x[j : j + n] < x[i : i + n]
        code += weight * below
    patterns = int(special.factorial(order))
    p = np.bincount(code, minlength=patterns) / n
    entropy = special.entr(p).sum()
    mixed = special.entr((p + 1 / patterns) / 2).sum()
    most = np.log(patterns)
    scale = -2 / ((patterns + 1) / patterns * np.log(patterns + 1) - 2 * np.log(2 * patterns) + np.log(patterns))
    return [entropy / most, scale * (mixed - entropy / 2 - most / 2) * entropy / most]


def recurrence(states, dimension, share):
    x = series("values")[: states + dimension - 1]
    embedded = np.lib.stride_tricks.sliding_window_view(x, dimension)
    distances = pdist(embedded, "chebyshev")
    rank = max(0, int(share * len(distances)) - 1)
    radius = np.partition(distances, rank)[rank]
    near = np.zeros((states, states), dtype=bool)
    near[np.triu_indices(states, 1)] = distances <= radius

    def runs(lines):
        flat = np.zeros((lines.shape[0], lines.shape[1] + 2), dtype=np.int8)
        flat[:, 1:-1] = lines
        edges = np.flatnonzero(np.diff(flat.ravel()))
        length = edges[1::2] - edges[::2]
        return length[length >= 2]

    points = near.sum()
    # Row i shifted left by i: its diagonals become columns.
    skewed = np.zeros((states, 2 * states), dtype=bool)
    skewed[:, :states] = near
    skewed = np.lib.stride_tricks.as_strided(skewed, (states, states), (2 * states + 1, 1))
    # Columns of the whole matrix, which is symmetric.
    diagonal, vertical = runs(np.ascontiguousarray(skewed.T)), runs(near | near.T)
    return [points / len(distances), diagonal.sum() / points, diagonal.mean(), diagonal.max(), vertical.sum() / (2 * points), radius]


def iaaft(iterations):
    """From the order that ours started from."""
    x, y = series("values"), series("start").copy()
    n = len(x)
    ascending = np.sort(x)
    size = np.abs(fft.rfft(x))
    for _ in range(iterations):
        spectrum = fft.rfft(y)
        now = np.abs(spectrum)
        spectrum *= np.divide(size, now, out=np.zeros_like(now), where=now > 0)
        y[np.argsort(fft.irfft(spectrum, n))] = ascending
    return [y[i] for i in range(0, n, n // 8)]


def shuffle():
    """Its sum is compared: the order is random."""
    out = RNG.permutation(series("values"))
    return lambda: [out.sum()]


def shuffle_blocks(length):
    out = RNG.permutation(series("values").reshape(-1, length))
    return lambda: [out.sum()]


def bootstrap(block, draws):
    """Mean of moving blocks, from running sums: about three times as fast as by rows."""
    x = series("values")
    n = len(x)
    blocks = -(-n // block)
    lengths = np.full(blocks, block)
    lengths[-1] = n - block * (blocks - 1)
    mean = x.mean()
    running = np.empty(n + 1)
    running[0] = 0
    np.cumsum(x - mean, out=running[1:])
    means = np.empty(draws)
    for draw in range(draws):
        start = RNG.integers(n - block + 1, size=blocks)
        means[draw] = mean + (running[start + lengths] - running[start]).sum() / n
    means.sort()
    return [mean]


def ksg(k, count):
    x, y = series("values")[:count], series("other")[:count]
    xy = np.column_stack((x, y))
    # A little less, so that the k-th neighbour itself does not count when z + reach is rounded.
    reach = cKDTree(xy).query(xy, k=k + 1, p=np.inf)[0][:, -1] * (1 - 1e-9)

    def within(z):
        ordered = np.sort(z)
        return np.searchsorted(ordered, z + reach, side="right") - np.searchsorted(ordered, z - reach, side="left") - 1

    rest = special.digamma(within(x) + 1) + special.digamma(within(y) + 1)
    return [special.digamma(k) + special.digamma(count) - rest.mean()]


def plugin(cells):
    a, b = SERIES["codes"], SERIES["others"]
    table = np.bincount(a.astype(np.intp) * cells + b, minlength=cells * cells).reshape(cells, cells)
    n = table.sum()
    expected = table.sum(axis=1)[:, None] * table.sum(axis=0)
    information = special.xlogy(table / n, table * n / expected).sum()
    return [information, special.chdtrc((cells - 1) ** 2, 2 * n * information)]


VERBS = {
    work.__name__: work
    for work in (
        cv, interval_statistics, dead_time, fano, allan, exponential, rayleigh, lomb_scargle, multitaper, ordinal, recurrence, iaaft,
        shuffle, shuffle_blocks, bootstrap, ksg, plugin,
    )
}  # fmt: skip

print(json.dumps({"peer": f"numpy {np.__version__}, scipy {scipy.__version__}"}), flush=True)
for name in ("times", "values", "phase", "other", "start"):
    series(name)
for name in ("codes", "others"):
    SERIES[name] = series(name).astype(np.uint8)
for request_line in sys.stdin:
    request = json.loads(request_line)
    work = VERBS[request.pop("verb")]
    began, before = time.perf_counter(), time.process_time()
    values = work(**request)
    seconds, processor = time.perf_counter() - began, time.process_time() - before
    # What is only summed up for the comparison is not timed.
    values = values() if callable(values) else values
    print(json.dumps({"seconds": seconds, "processor": processor, "values": [float(value) for value in values]}), flush=True)
