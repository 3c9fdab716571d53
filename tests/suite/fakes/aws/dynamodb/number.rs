//! DynamoDB's numbers: decimals of up to 38 digits, compared and added exactly.

use std::cmp::Ordering;
use std::fmt;

use super::refusal::{Answered, Refusal};

const MOST_DIGITS: usize = 38;

/// `coefficient × 10^exponent`, without trailing zeros in the coefficient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number {
    coefficient: i128,
    exponent: i32,
}

impl Number {
    pub fn read(text: &str) -> Answered<Self> {
        let not_a_number = || Refusal::invalid(format!("The parameter cannot be converted to a numeric value: {text}"));
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().map_err(|_| not_a_number())?),
            None => (text, 0),
        };
        let (negative, digits) = match mantissa.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all = format!("{whole}{fraction}");
        if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(not_a_number());
        }
        let significant = all.trim_start_matches('0').trim_end_matches('0');
        if significant.len() > MOST_DIGITS {
            return Err(Refusal::invalid("Attempting to store more than 38 significant digits in a Number"));
        }
        let dropped = all.len() - all.trim_end_matches('0').len();
        let exponent = exponent + i32::try_from(dropped).unwrap() - i32::try_from(fraction.len()).unwrap();
        let coefficient: i128 = if significant.is_empty() { 0 } else { significant.parse().unwrap() };
        Self { coefficient: if negative { -coefficient } else { coefficient }, exponent }.normal()
    }

    fn normal(mut self) -> Answered<Self> {
        if self.coefficient == 0 {
            return Ok(Self { coefficient: 0, exponent: 0 });
        }
        while self.coefficient % 10 == 0 {
            self.coefficient /= 10;
            self.exponent += 1;
        }
        match self.magnitude() {
            126.. => Err(Refusal::invalid(
                "Number overflow. Attempting to store a number with magnitude larger than supported range",
            )),
            ..=-131 => Err(Refusal::invalid(
                "Number underflow. Attempting to store a number with magnitude smaller than supported range",
            )),
            _ => Ok(self),
        }
    }

    /// The power of ten of the first digit.
    fn magnitude(&self) -> i32 {
        self.exponent + i32::try_from(self.digits().len()).unwrap() - 1
    }

    fn digits(&self) -> String {
        self.coefficient.unsigned_abs().to_string()
    }

    pub fn plus(self, other: Self) -> Answered<Self> {
        let exponent = self.exponent.min(other.exponent);
        let sum = self.scaled(exponent).zip(other.scaled(exponent)).and_then(|(a, b)| a.checked_add(b));
        // The service rounds here; nothing of ours comes near.
        let coefficient = sum.expect("the played DynamoDB adds numbers of up to 38 digits only");
        Self { coefficient, exponent }.normal()
    }

    fn scaled(self, exponent: i32) -> Option<i128> {
        10_i128.checked_pow(u32::try_from(self.exponent - exponent).ok()?)?.checked_mul(self.coefficient)
    }

    pub fn negated(self) -> Self {
        Self { coefficient: -self.coefficient, ..self }
    }

    /// About one byte for two digits, and one more.
    pub fn size(self) -> usize {
        self.digits().len().div_ceil(2) + 1
    }
}

impl From<usize> for Number {
    fn from(count: usize) -> Self {
        Self::read(&count.to_string()).unwrap()
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_sign = self.coefficient.signum().cmp(&other.coefficient.signum());
        if by_sign.is_ne() || self.coefficient == 0 {
            return by_sign;
        }
        // Without trailing zeros, digits of one magnitude compare like text.
        let by_size = self.magnitude().cmp(&other.magnitude()).then_with(|| self.digits().cmp(&other.digits()));
        if self.coefficient < 0 { by_size.reverse() } else { by_size }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.coefficient < 0 { "-" } else { "" };
        let digits = self.digits();
        if self.exponent >= 0 {
            return write!(f, "{sign}{digits}{}", "0".repeat(self.exponent.unsigned_abs() as usize));
        }
        let behind = self.exponent.unsigned_abs() as usize;
        let padded = format!("{digits:0>width$}", width = behind + 1);
        let (whole, fraction) = padded.split_at(padded.len() - behind);
        write!(f, "{sign}{whole}.{fraction}")
    }
}
