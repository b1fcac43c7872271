/* SPDX-License-Identifier: GPL-2.0 */
/* What grid_judge.c is asked: whether XTCP keeps up with TCP. */
#ifndef XTCP_GRID_JUDGE_H
#define XTCP_GRID_JUDGE_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_ROUNDS	25

/**
 * struct rounds - what a cell is judged by, of one role
 * @num: rounds
 * @us: how long each took; sorted before it is judged
 * @spurious: segments of each that came twice
 */
struct rounds {
	int num;
	long us[MAX_ROUNDS];
	long spurious[MAX_ROUNDS];
};

/**
 * struct waste - spurious retransmissions
 * @above: so many more than may be
 * @variance: of that
 *
 * Of several cells, both add up.
 */
struct waste {
	double above;
	double variance;
};

void rounds_sort(struct rounds *r);
long rounds_median(const struct rounds *r);
/* The 99th percentile */
long rounds_slowest(const struct rounds *r);
long rounds_spurious(const struct rounds *r);
/* What is wrong with @x: '*', '+', '!'; @chance: what gets lost is chance */
const char *rounds_faults(const struct rounds *x, const struct rounds *tcp,
			  bool chance);
/* Are @x's slowest rounds beyond the limit (1), or by as much below it (-1)? */
int rounds_extreme(const struct rounds *x, const struct rounds *tcp);
/* Of equals, would it be rare that so many cells are beyond it, and so few below? */
bool rounds_unequal(int more, int less);
struct waste rounds_waste(const struct rounds *x, const struct rounds *tcp);
/* Is it too much for chance, in all cells together? */
bool rounds_wasteful(const struct waste *all);
void rounds_explain(void);

#endif /* XTCP_GRID_JUDGE_H */
