/* SPDX-License-Identifier: GPL-2.0 */
/* Lists, and a tree that keeps order but no balance. */
#ifndef _PURE_LIST_H
#define _PURE_LIST_H

struct list_head {
	struct list_head *next;
	struct list_head *prev;
};

struct hlist_head {
	struct hlist_node *first;
};

struct hlist_node {
	struct hlist_node *next;
	struct hlist_node **pprev;
};

struct hlist_nulls_node {
	struct hlist_nulls_node *next;
	struct hlist_nulls_node **pprev;
};

#define LIST_HEAD(name)	struct list_head name = { &(name), &(name) }

static inline void list_add_tail(struct list_head *node, struct list_head *head)
{
	node->prev = head->prev;
	node->next = head;
	head->prev->next = node;
	head->prev = node;
}

static inline void list_del(struct list_head *node)
{
	node->next->prev = node->prev;
	node->prev->next = node->next;
}

static inline void INIT_LIST_HEAD(struct list_head *head)
{
	head->next = head;
	head->prev = head;
}

static inline void list_add(struct list_head *node, struct list_head *head)
{
	list_add_tail(node, head->next);
}

static inline void list_del_init(struct list_head *node)
{
	list_del(node);
	INIT_LIST_HEAD(node);
}

static inline void list_move_tail(struct list_head *node, struct list_head *head)
{
	list_del(node);
	list_add_tail(node, head);
}

/* By insertion */
static inline void list_sort(void *priv, struct list_head *head,
			     int (*cmp)(void *priv, const struct list_head *a,
					const struct list_head *b))
{
	struct list_head *pos = head->next, *next, *before;

	for (; pos != head; pos = next) {
		next = pos->next;
		for (before = pos->prev; before != head && cmp(priv, before, pos) > 0;
		     before = before->prev)
			;
		list_del(pos);
		list_add(pos, before);
	}
}

#define list_entry(p, type, field)	container_of(p, type, field)
#define list_for_each_safe(pos, n, head)				\
	for (pos = (head)->next, n = pos->next; pos != (head);		\
	     pos = n, n = pos->next)
#define list_empty(head)	((head)->next == (head))
#define list_for_each_entry(pos, head, field)				\
	for (pos = container_of((head)->next, typeof(*pos), field);	\
	     &pos->field != (head);					\
	     pos = container_of(pos->field.next, typeof(*pos), field))
#define list_add_tail_rcu	list_add_tail
#define list_del_rcu		list_del
#define list_for_each_entry_rcu(pos, head, field, ...)			\
	for (pos = container_of((head)->next, typeof(*pos), field);	\
	     &pos->field != (head);					\
	     pos = container_of(pos->field.next, typeof(*pos), field))

struct rb_node {
	struct rb_node *parent;
	struct rb_node *rb_left;
	struct rb_node *rb_right;
};

struct rb_root {
	struct rb_node *rb_node;
};

#define RB_ROOT		((struct rb_root){})
#define rb_entry(p, type, field)	container_of(p, type, field)

static inline void rb_link_node(struct rb_node *node, struct rb_node *parent,
				struct rb_node **link)
{
	*node = (struct rb_node){ .parent = parent };
	*link = node;
}

static inline void rb_insert_color(struct rb_node *node, struct rb_root *root)
{
}

static inline struct rb_node *rb_leftmost(struct rb_node *node)
{
	while (node && node->rb_left)
		node = node->rb_left;
	return node;
}

static inline struct rb_node *rb_first(const struct rb_root *root)
{
	return rb_leftmost(root->rb_node);
}

static inline struct rb_node *rb_next(const struct rb_node *node)
{
	if (node->rb_right)
		return rb_leftmost(node->rb_right);
	while (node->parent && node == node->parent->rb_right)
		node = node->parent;
	return node->parent;
}

static inline struct rb_node *rb_rightmost(struct rb_node *node)
{
	while (node && node->rb_right)
		node = node->rb_right;
	return node;
}

static inline struct rb_node *rb_prev(const struct rb_node *node)
{
	if (node->rb_left)
		return rb_rightmost(node->rb_left);
	while (node->parent && node == node->parent->rb_left)
		node = node->parent;
	return node->parent;
}

static inline void rb_put(struct rb_node *old, struct rb_node *node,
			  struct rb_root *root)
{
	struct rb_node *parent = old->parent;

	if (!parent)
		root->rb_node = node;
	else if (parent->rb_left == old)
		parent->rb_left = node;
	else
		parent->rb_right = node;
	if (node)
		node->parent = parent;
}

static inline void rb_erase(struct rb_node *node, struct rb_root *root)
{
	struct rb_node *next;

	if (!node->rb_left || !node->rb_right) {
		rb_put(node, node->rb_left ?: node->rb_right, root);
		return;
	}
	next = rb_next(node);
	rb_put(next, next->rb_right, root);
	rb_put(node, next, root);
	next->rb_left = node->rb_left;
	next->rb_right = node->rb_right;
	next->rb_left->parent = next;
	if (next->rb_right)
		next->rb_right->parent = next;
}

static inline void rb_replace_node(struct rb_node *old, struct rb_node *node,
				   struct rb_root *root)
{
	*node = *old;
	rb_put(old, node, root);
	if (node->rb_left)
		node->rb_left->parent = node;
	if (node->rb_right)
		node->rb_right->parent = node;
}

struct rb_root_cached {
	struct rb_root rb_root;
};

#define RB_ROOT_CACHED	((struct rb_root_cached){})
#define rb_first_cached(root)	rb_first(&(root)->rb_root)
#define rb_erase_cached(node, root)	rb_erase(node, &(root)->rb_root)
#define rb_insert_color_cached(node, root, leftmost)	((void)(leftmost))
#define rb_last(root)	rb_rightmost((root)->rb_node)

#define RB_EMPTY_ROOT(root)	(!(root)->rb_node)
#define RB_CLEAR_NODE(node)	((node)->parent = (node))

#endif /* _PURE_LIST_H */
