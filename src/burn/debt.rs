//! What no lot covers: a queue per class, the oldest first.

use super::BurnError;
use crate::lot::{Class, PaysFor, PerClass};
use crate::time::Period;
use crate::tokens::Tokens;
use std::collections::VecDeque;

/// A stretch of charges of one class that nobody paid.
struct Owed {
    /// Puts the stretches of both classes in order.
    order: u64,
    amount: Tokens,
    /// Set where the charges of the other class in this period are owed too, and which came
    /// first is not known.
    mixed: Option<Period>,
}

/// The oldest debt that a lot pays for.
pub struct Oldest {
    pub class: Class,
    pub amount: Tokens,
}

#[derive(Default)]
pub struct Debts {
    api: VecDeque<Owed>,
    product: VecDeque<Owed>,
    owed: PerClass,
    order: u64,
    /// The class that all charges since the last change of class were of.
    last: Option<Class>,
}

impl Debts {
    /// What is owed per class.
    pub const fn owed(&self) -> PerClass {
        self.owed
    }
    pub fn is_empty(&self) -> bool {
        self.owed.total().is_zero()
    }

    fn queue(&mut self, class: Class) -> &mut VecDeque<Owed> {
        match class {
            Class::Api => &mut self.api,
            Class::Product => &mut self.product,
        }
    }

    /// The charges of a period became debt.
    pub fn push(&mut self, period: Period, due: PerClass) {
        let mixed = !due.api.is_zero() && !due.product.is_zero();
        for class in Class::ALL {
            let amount = due.get(class);
            if amount.is_zero() {
                continue;
            }
            *self.owed.get_mut(class) += amount;
            let (order, same) = (self.order, self.last == Some(class) && !mixed);
            self.last = Some(class).filter(|_| !mixed);
            let queue = self.queue(class);
            match queue.back_mut().filter(|_| same) {
                Some(back) => back.amount += amount,
                None => queue.push_back(Owed { order, amount, mixed: mixed.then_some(period) }),
            }
        }
        self.order += 1;
    }

    /// The oldest debt that a lot with so much left pays; none when there is none, or nothing
    /// to pay it with.
    ///
    /// # Errors
    /// [`BurnError::Refine`] where the order of a period's charges decides what is paid.
    pub fn oldest(&self, by: PaysFor, left: Tokens) -> Result<Option<Oldest>, BurnError> {
        let front = |class| -> Option<(Class, &Owed)> {
            let queue = if class == Class::Api { &self.api } else { &self.product };
            Some((class, queue.front().filter(|_| by.covers(class))?))
        };
        let (api, product) = (front(Class::Api), front(Class::Product));
        let Some((class, first)) = api.into_iter().chain(product).min_by_key(|f| f.1.order) else {
            return Ok(None);
        };
        if left.is_zero() {
            return Ok(None);
        }
        if let (Some((_, api)), Some((_, product)), Some(period)) = (api, product, first.mixed)
            && api.order == product.order
            && left < api.amount + product.amount
        {
            return Err(BurnError::Refine(period));
        }
        Ok(Some(Oldest { class, amount: first.amount }))
    }

    /// The oldest debt of a class was paid, or a part of it.
    pub fn pay(&mut self, class: Class, amount: Tokens) {
        *self.owed.get_mut(class) -= amount;
        let queue = self.queue(class);
        if let Some(front) = queue.front_mut() {
            front.amount -= amount;
            if front.amount.is_zero() {
                queue.pop_front();
            }
        }
    }
}
